"""Claims of the ledger: networks."""
