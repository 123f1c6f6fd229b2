"""Guards: which plugins forbid by fail-closed hooks, and so must not be taken away by a slip.

A hook that is in force forbids even while its plugin does not run; once that is disabled, it does no longer.
"""

from collections.abc import Iterable

from host.facade.pages import HookRow


def guarded_by(hooks: Iterable[HookRow], plugins: Iterable[str]) -> dict[str, list[str]]:
    """Return the fail-closed hooks that are in force, for each of these plugins that has any."""
    ids = frozenset(plugins)
    found: dict[str, list[str]] = {}
    for row in hooks:
        if row.fail == "closed" and row.enabled and row.plugin in ids:
            guarded = found.setdefault(row.plugin, [])
            if row.hook not in guarded:
                guarded.append(row.hook)
    return found
