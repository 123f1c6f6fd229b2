"""Refused: a tool for authors does not do what was asked; the message says why, and what is allowed."""


class Refused(Exception):
    """Nothing was done."""
