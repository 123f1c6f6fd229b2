"""Status: how a form stands: its revision, how much was changed and does not fit, and the keys. Pure."""

from host.facade.config_pages import ConfigPage
from host.facade.figures import many
from host.tui.forms.draft import Draft
from host.tui.inked_lines import Parts

_KEYS = (("Enter", "edit"), ("Space", "turn"), ("^s", "save"), ("Backspace", "default"))


def status_of(page: ConfigPage | None, draft: Draft, *, fault: str, may: bool) -> list[tuple[int, Parts]]:
    """Return groups for one line; those with the highest number may be left out first.

    `may`: whether there is something to change, and it may be.
    """
    if fault:
        return [(0, [(f" {fault}", "bad")])]
    changed = len(draft)
    faults = len(draft.check.faults) if draft.check is not None else 0
    groups: list[tuple[int, Parts]] = []
    if page is not None:
        groups.append((3, [(f" revision {page.revision}", "dim")]))
    groups.append((0, [(f" {many(changed, 'change')}" if changed else " no changes", "accent")]))
    if faults:
        groups.append((0, [(f"✖ {many(faults, 'fault')}", "bad")]))
    if changed and draft.check is not None and draft.check.restarts:
        groups.append((1, [("▲ saving restarts it", "warn")]))
    if may:
        groups += [(2 + n, [(key, "title"), (f" {words}", "dim")]) for n, (key, words) in enumerate(_KEYS)]
    return groups


def nothing_to_set(page: ConfigPage) -> str:
    """Return what is said where a form has no line."""
    if page.schema:
        return "It has nothing that can be set."
    return "It has no schema. `plughost config set` sets values all the same, and they are shown here."
