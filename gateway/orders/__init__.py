"""The life of an order across its documents."""
