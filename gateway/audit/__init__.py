"""Questions that auditors ask, each answered from the rows themselves, with the moment and the state of the ledger it was answered at."""
