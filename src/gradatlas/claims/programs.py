"""Claims of the ledger: programs."""
