"""Bytes to canonical documents and back. Pure: no database, no sockets, no clock."""
