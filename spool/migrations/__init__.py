"""Alembic's environment: how the schema grew, revision by revision, in ``versions``."""
