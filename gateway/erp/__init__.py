"""The contract with an ERP, and one file an adapter."""
