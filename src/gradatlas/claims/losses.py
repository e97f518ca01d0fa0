"""Claims of the ledger: losses."""
