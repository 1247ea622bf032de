"""What the tables say held against the record, by subject."""
