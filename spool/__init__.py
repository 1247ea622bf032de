"""Durable state: the database, payloads and work."""
