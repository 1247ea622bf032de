"""ANSI X12: dialect, lexer, envelope, schema, validation, acknowledgement and writing."""
