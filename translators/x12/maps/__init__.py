"""One file a transaction set: ``read`` and ``write`` side by side."""
