"""What is in a received file: format, documents, findings, and what its sender is answered. Pure."""
