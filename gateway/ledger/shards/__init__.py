"""A year of the ledger that is over, as static files that anybody verifies without our database."""
