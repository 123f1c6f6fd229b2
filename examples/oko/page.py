"""Page: the dashboard as text: plugins with what can be done to them, and the slots with what is in them."""

from collections.abc import Iterator
from itertools import groupby

from examples.oko.dashboard import Dashboard, state_of

ACTIONS = {
    "discovered": ("Load", "Disable"),
    "loading": (),
    "active": ("Unload", "Disable"),
    "error": ("Load", "Disable"),
    "disabled": ("Enable",),
}


def plugins_page(dashboard: Dashboard) -> Iterator[str]:
    """Yield the lines of the page of plugins; without a store, it has the installed ones."""
    yield "Plugins (the store is unavailable)"
    for view in dashboard.host.plugins():
        state = state_of(view)
        buttons = " ".join(f"[{action}]" for action in ACTIONS[state])
        yield f"  {view.name} v{view.version}  {state}  {buttons}"
        for why in view.faults or filter(None, [view.reason]):
            yield f"    {why}"


async def sections_page(dashboard: Dashboard) -> list[str]:
    """Return the lines of the slots, each with its sections."""
    lines: list[str] = []
    for slot, sections in groupby(await dashboard.sections(), lambda section: section.slot):
        lines.append(slot)
        lines += [f"  {section.title} ({section.plugin}): {dict(section.data)}" for section in sections]
    return lines
