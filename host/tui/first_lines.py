"""First lines: what the overview says where there are no plugins, or no host: what it is, and what to do."""

from collections.abc import Sequence

from host.tui.inked_lines import Parts
from host.tui.model import Model


def first_lines(model: Model) -> Sequence[Parts]:
    """Return what is said in place of a table."""
    if model.link == "live":
        folders = ", ".join(model.page.plugin_folders) if model.page else ""
        return [
            [],
            [("  This host has no plugins yet.", "strong")],
            [(f"  It looks into: {folders}", "dim")]
            if folders
            else [("  It has no folders to look into.", "dim")],
            [],
            [("  Make one:     ", "plain"), ("plughost create my-plugin", "accent")],
            [
                ("  Look again:   ", "plain"),
                (":", "title"),
                (" and then ", "plain"),
                ("rescan", "accent"),
            ],
            [("  All keys:     ", "plain"), ("?", "title")],
        ]
    if not model.why:
        return [[], [("  Connecting to the host …", "strong")]]
    return [
        [],
        [("  There is no host to look at yet.", "strong")],
        [(f"  {model.why}", "warn")],
        [],
        [("  ", "plain"), (model.remedy or "start one: plughost run", "accent")],
        [("  With plugins to try: ", "plain"), ("plughost demo", "accent")],
        [],
        [("  It is tried again each second. ", "dim"), ("q", "title"), (" quits.", "dim")],
    ]
