"""Palette: everything that can be done, by name: screens, keys, plugins, and what plugins themselves offer.

What comes from a plugin stands under its name and is never read as markup.
"""

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.markup import escape

from host.base_error import PlughostError
from host.tui.border import cleaned
from host.tui.inked import monitor
from host.tui.keys import SCREENS, changes, shown
from host.tui.palette_entries import Entry, contributed_entries, short
from host.tui.screen import MonitorScreen

MAX_COMMANDS = 1_000
MAX_SHOWN = 12
"""Plugins that are proposed before anything is typed."""


class MonitorCommands(Provider):
    """All of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offered: list[Entry] = []

    async def startup(self) -> None:
        """Ask once what plugins offer."""
        self._offered = [entry async for entry in self._of_plugins()]

    async def search(self, query: str) -> Hits:
        """Return what fits the typed text."""
        matcher = self.matcher(query)
        for entry in self._entries():
            score = matcher.match(entry.text)
            if score > 0:
                yield Hit(
                    score, matcher.highlight(escape(entry.text)), entry.run, entry.text, escape(entry.help)
                )

    async def discover(self) -> Hits:
        """Return what is proposed at first."""
        for entry in self._entries():
            if entry.first:
                yield DiscoveryHit(Text(entry.text), entry.run, entry.text, escape(entry.help))  # pyright: ignore

    def _entries(self) -> list[Entry]:
        app, screen = monitor(self.screen), self.screen
        entries: list[Entry] = []
        seen: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            changing = changes(binding.action)
            if not binding.description or binding.system or binding.action in seen:
                continue
            if binding.description[0].isupper() and binding.group is None:
                # Textual's own.
                continue
            if (app.read_only and changing) or binding.action == "command_palette":
                continue
            seen.add(binding.action)
            key = binding.key_display or shown(binding.key)
            run = partial(app.run_action, binding.action, active.node)
            entries.append(
                Entry(binding.description.capitalize(), f"key {key}", run, binding.show or changing)
            )
        entries = [*app.asked.entries(), *entries]
        entries += [
            Entry(f"Screen: {s.title}", f"key {s.key}", partial(app.open_mode, s.mode)) for s in SCREENS
        ]
        if not app.read_only:
            entries += self._host_acts()
        themes = [name for name in sorted(app.available_themes) if name not in app.contributed.themes]
        entries += [
            Entry(f"Theme: {name}", "how the monitor looks", partial(app.contributed.chosen, name), False)
            for name in themes
        ]
        for number, plugin in enumerate(sorted(app.model.plugins)):
            opened = partial(app.open_plugin, plugin)
            entries.append(
                Entry(f"Open {plugin}", app.model.plugins[plugin].state, opened, number < MAX_SHOWN)
            )
        return entries + contributed_entries(app) + self._offered

    def _host_acts(self) -> list[Entry]:
        acts, screen = monitor(self.screen).acts, self.screen
        chosen = screen.targets() if isinstance(screen, MonitorScreen) else ()
        entries = [
            Entry("Rescan: look for plugins again", "and read the settings again", acts.rescan),
            Entry("Stop the host", "ends every plugin, in order", partial(acts.stop_host)),
        ]
        if chosen:
            names = ", ".join(chosen[:3])
            entries += [
                Entry(
                    f"Reload: a new process takes over without a gap ({names})",
                    "plugin_reload",
                    partial(acts.do, "plugin_reload", chosen),
                    False,
                ),
                Entry(
                    f"Consent: grant what waits ({names})",
                    "permission_consent",
                    partial(acts.do, "permission_consent", chosen),
                    False,
                ),
                Entry(
                    f"Decline: refuse what waits ({names})",
                    "permission_decline",
                    partial(acts.do, "permission_decline", chosen),
                    False,
                ),
                Entry(
                    f"Redrive dead letters ({names})",
                    "event_redrive",
                    partial(acts.do, "event_redrive", chosen),
                    False,
                ),
                Entry(
                    f"Wipe all that it keeps ({names})",
                    "storage_wipe; asks for the id",
                    partial(acts.do, "storage_wipe", chosen),
                    False,
                ),
            ]
        return entries

    async def _of_plugins(self) -> AsyncGenerator[Entry, None]:
        app = monitor(self.screen)
        facade = app.link.facade
        if facade is None or app.read_only:
            return
        try:
            commands = cleaned(await facade.commands())
        except (PlughostError, OSError):
            return
        for command in commands[:MAX_COMMANDS]:
            run = partial(app.run_command, command)
            yield Entry(f"{command.plugin}: {short(command.name)}", short(command.description), run, False)
