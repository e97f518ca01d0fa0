"""Formulas as data: what the atlas claims, where it comes from, and how to find it again."""
