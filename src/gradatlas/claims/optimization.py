"""Claims of the ledger: optimization."""
