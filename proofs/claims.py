"""The documents' claims in words, collected here as items beside the derivations: they stand in gradatlas.claims."""
