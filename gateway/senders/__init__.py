"""How bytes leave: one file a way."""
