"""A record that nobody can change unnoticed: the journal as a Merkle log (RFC 6962) whose signed checkpoints prove it, offline."""
