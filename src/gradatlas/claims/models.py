"""Claims of the ledger: models."""
