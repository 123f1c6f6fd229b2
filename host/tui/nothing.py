"""Nothing: what is said where a list is empty: because of what was chosen, or since nobody was asked."""

from host.tui.model import Model


def none_of(known: int, undo: str = "Esc clears the filter") -> str:
    """Return that nothing of what is held is chosen."""
    return f"None of {known:,} match; {undo}."


def how_many(matching: int, known: int, word: str) -> str:
    """Return a count for a line that says how a list stands: `3 of 107 events`, or `107 events`."""
    shown = f"{matching:,} of {known:,}" if matching != known else f"{known:,}"
    return f"{shown} {word}{'' if known == 1 else 's'}"


def not_known(model: Model, *, answered: bool, fault: str = "") -> str:
    """Return why it is not known whether there is something; empty where the host has `answered`."""
    if answered:
        return ""
    if model.link == "lost":
        return "Not known: the host is gone."
    if model.link == "connecting":
        return "Not known: there is no host to ask yet." if model.why else "Connecting to the host …"
    return f"Not known: {fault}" if fault else "Asking the host …"
