"""MIME by exact bytes (RFC 2045, 2046): what was signed is looked at where it lies, and is never written again from an understanding of it."""
