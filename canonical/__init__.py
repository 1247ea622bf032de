"""What trade is about: frozen values without I/O, independent of any wire format."""
