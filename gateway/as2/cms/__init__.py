"""CMS (RFC 5652) as AS2 uses it: sign, verify, encrypt, decrypt, compress, decompress. One file a direction; content is streamed."""
