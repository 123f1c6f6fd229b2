"""Chaos: named faults that a plugin has to bear, and what became of each."""
