"""Dependants: which running plugins need one that is to be unloaded."""

from collections.abc import Iterable
from typing import Literal

from host.supervision.supervisor import Supervisor

Dependants = Literal["ask", "unload", "keep"]
"""What becomes of running plugins that need the one that is unloaded; `ask` refuses, and names them."""


def dependants_of(plugin: str, supervisors: Iterable[Supervisor]) -> tuple[str, ...]:
    """Return who runs and needs a plugin, directly or not, in the order in which they can be stopped."""
    running = [one for one in supervisors if one.running]
    found: dict[str, None] = {}
    seen: set[str] = set()

    def visit(needed: str) -> None:
        seen.add(needed)
        for other in running:
            if needed in other.package.manifest.plugin_dependencies and other.id not in seen:
                visit(other.id)
                found.setdefault(other.id)

    visit(plugin)
    return tuple(found)
