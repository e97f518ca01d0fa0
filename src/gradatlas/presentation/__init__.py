"""What a formula's page shows beside statement and proof, computed from the statement: examples, forms, code, test vectors."""
