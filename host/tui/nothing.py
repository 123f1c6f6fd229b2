"""Nothing: what is said where a list is empty because of what was chosen, and what shows all of it again."""


def none_of(known: int, undo: str = "Esc clears the filter") -> str:
    """Return that nothing of what is held is chosen."""
    return f"None of {known:,} match; {undo}."


def how_many(matching: int, known: int, word: str) -> str:
    """Return a count for a line that says how a list stands: `3 of 107 events`, or `107 events`."""
    shown = f"{matching:,} of {known:,}" if matching != known else f"{known:,}"
    return f"{shown} {word}{'' if known == 1 else 's'}"
