"""CSV by a declared column map."""
