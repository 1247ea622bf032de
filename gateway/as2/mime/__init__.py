"""MIME by exact bytes (RFC 2045, 2046): what was signed is looked at where it lies, never written again as it was understood."""
