"""Outcomes: what a verb changed, and how that is said: who did not run is not said to be stopped.

Judges by the rows that the monitor had before the verb and the host has after it. Owns nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from host.facade.figures import many
from host.facade.rows import PluginRow

NAMED: Final = 12
"""Plugins that a question or an answer names; of the others it says how many."""

RUNS: Final = frozenset({"loading", "active", "unresponsive", "backoff", "unloading"})
"""States in which there is something to stop; in back-off, the next start."""

_SERVES: Final = frozenset({"loading", "active", "unresponsive"})

Idle = tuple[Callable[[PluginRow], bool], str]

IDLE: Final[Mapping[str, Idle]] = {
    "plugin_start": (lambda row: row.state in _SERVES, "ran already"),
    "plugin_stop": (lambda row: row.state not in RUNS, "did not run"),
    "plugin_kill": (lambda row: row.state not in RUNS, "did not run"),
    "plugin_enable": (lambda row: row.enabled, "was enabled already"),
    "plugin_disable": (lambda row: not row.enabled, "was disabled already"),
}
"""Of verbs that may find nothing to do: where that is so, and how it is said."""


def named(plugins: Sequence[str]) -> str:
    """Return names, and how many more there are."""
    shown = ", ".join(plugins[:NAMED])
    return shown if len(plugins) <= NAMED else f"{shown} and {len(plugins) - NAMED} more"


def running(rows: Mapping[str, PluginRow], plugins: Iterable[str]) -> list[str]:
    """Return those of some plugins that run, as far as these rows know."""
    return [plugin for plugin in plugins if plugin in rows and rows[plugin].state in RUNS]


def outcome(
    verb: str, words: str, done: Sequence[str], before: Mapping[str, PluginRow], also: Sequence[str]
) -> str:
    """Return what is said of plugins to which a verb was done; `also`: what ended with them."""
    idle, said = IDLE.get(verb, (None, ""))
    rested = [
        plugin for plugin in sorted(done) if idle is not None and plugin in before and idle(before[plugin])
    ]
    changed = [plugin for plugin in sorted(done) if plugin not in rested]
    parts = [f"{named(changed)}: {words}"] if changed else []
    if also:
        need = "needs" if len(also) == 1 else "need"
        parts.append(f"with it {named(sorted(also))}, which {need} it" if changed else named(sorted(also)))
    if rested:
        parts.append(f"{named(rested)}: {said}")
    return "; ".join(parts)


def failures(failed: Sequence[tuple[str, Exception]]) -> str:
    """Return what is said where a verb failed for several plugins."""
    names = named(sorted(plugin for plugin, _ in failed))
    return f"{many(len(failed), 'plugin')} failed: {names}. The first: {failed[0][1]}"
