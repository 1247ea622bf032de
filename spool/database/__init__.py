"""The database: one contract, kept by a SQLite file and by PostgreSQL."""
