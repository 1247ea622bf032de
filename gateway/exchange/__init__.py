"""Messages that are exchanged with a partner: the core of AS2 joined to what the house keeps."""
