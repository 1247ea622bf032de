"""Work items and the lanes that keep them in order."""
