"""Evidence bundles: what the ledger proves of an order or a document, in one file that is checked offline."""
