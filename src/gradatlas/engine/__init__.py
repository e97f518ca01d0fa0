"""Tracing, reverse and forward mode, and the transforms made of them; no particular operation, no particular library."""
