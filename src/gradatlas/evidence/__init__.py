"""The judges: they run a formula's derivation and everything that can contradict it, and write down what they saw."""
