"""AS2 (RFC 4130) without sockets, database or clock: bytes and terms in, bytes and findings out."""
