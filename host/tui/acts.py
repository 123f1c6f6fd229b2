"""Acts: what the monitor has a host do: asks where it must, does it to each plugin, says what came of it.

What can be undone is done at once. Stop, kill and disable of a plugin that others need ask first and name
them; wiping asks for the id. Errors are shown with their remedy, and nothing is tried twice.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import anyio

from host.base_error import PlughostError
from host.facade.facade import Facade
from host.facade.figures import many
from host.facade.pages import ContributionRow
from host.facade.rows import PluginRow
from host.facade.verbs import VERBS, ForDependants
from host.tui.border import clean, cleaned
from host.tui.dialogs import AskText, Confirm, ShowText
from host.tui.inked_lines import Parts
from host.tui.json_lines import json_lines
from host.tui.keys import VERB_KEYS

if TYPE_CHECKING:
    from host.tui.app import Monitor

AT_ONCE: Final = 4
"""Plugins of one batch that are worked on at a time; the host starts no more than that at once either."""

MAX_SAID: Final = 200
"""Characters of an answer that is told in passing; a longer one is shown to be read."""

NAMED: Final = 12
"""Plugins that a question or an answer names; of the others it says how many."""

ENDING: Final = frozenset({"plugin_stop", "plugin_kill", "plugin_disable"})

DONE: Final = {key.verb: key.done for key in VERB_KEYS} | {
    "plugin_reload": "reloaded",
    "plugin_enable": "enabled",
    "plugin_disable": "disabled",
    "permission_consent": "granted what it waited for",
    "permission_decline": "refused what it waited for",
    "event_redrive": "its dead letters are tried again",
    "config_undo": "its last change is taken back",
}

OF_A_PLUGIN: Final = frozenset(
    verb for verb in VERBS if verb.startswith("plugin_") or verb in DONE or verb == "storage_wipe"
)
"""Verbs that take a plugin and nothing else that must be given."""


def named(plugins: Sequence[str]) -> str:
    """Return names, and how many more there are."""
    shown = ", ".join(plugins[:NAMED])
    return shown if len(plugins) <= NAMED else f"{shown} and {len(plugins) - NAMED} more"


class Acts:
    """The hands of one monitor."""

    def __init__(self, app: "Monitor") -> None:
        self._app = app

    def do(self, verb: str, plugins: Sequence[str]) -> None:
        """Do a verb to plugins, in the background."""
        if self.may():
            if not plugins:
                self._app.say("There is no plugin here to do that to", "warning")
                return
            self._app.start(self._do, verb, list(plugins))

    def ask(self, what: Callable[[Facade], Awaitable[Any]], done: str) -> None:
        """Do something else that changes the host, and say `done`."""
        if self.may():
            self._app.start(self._ask, what, done)

    def menu_item(self, row: ContributionRow) -> None:
        """Run the function of a plugin's menu item, and show what it returns under the plugin's name."""
        if self.may():
            self._app.start(self._menu_item, row)

    async def _menu_item(self, row: ContributionRow) -> None:
        facade = self._app.link.facade
        if facade is None:
            return
        title = f"{row.plugin}: {clean(row.title or row.name)[:60]}"
        try:
            answer = cleaned(await facade.ui_invoke(row.plugin, row.name), lines=True)
        except (PlughostError, OSError) as error:
            self._app.say(f"{title}: {error}", "error")
            return
        if answer is None or (isinstance(answer, str) and "\n" not in answer and len(answer) <= MAX_SAID):
            self._app.say(f"{title}: {answer or 'done'}")
        else:
            lines = [[(line, "plain")] for line in answer.split("\n")] if isinstance(answer, str) else None
            self._app.push_screen(ShowText(f"{title} answered", lines or json_lines(answer)))

    def rescan(self) -> None:
        """Have the host look for plugins again, and say what it found."""
        if self.may():
            self._app.start(self._rescan)

    async def _rescan(self) -> None:
        facade = self._app.link.facade
        if facade is None:
            return
        try:
            page = cleaned(await facade.host_rescan())
        except (PlughostError, OSError) as error:
            self._app.say_error(error)
            return
        said = [
            f"{words}: {named(names)}"
            for words, names in (
                ("new", page.found),
                ("gone", page.gone),
                ("settings that count now", page.applied),
                ("settings that need a restart", page.needs_restart),
            )
            if names
        ]
        self._app.say("Looked for plugins again: " + ("; ".join(said) or "all is as it was"))

    def stop_host(self) -> None:
        """Have the host end, once that is confirmed."""
        if self.may():
            self._app.start(self._stop_host)

    async def _stop_host(self) -> None:
        lines: list[Parts] = [[(f"{many(len(self._app.model.plugins), 'plugin')} end with it.", "warn")]]
        if await self._app.ask(Confirm("Stop the host?", lines, [("y", "stop it, in order")])) == "y":
            await self._ask(lambda facade: facade.host_stop(), "The host ends")

    def may(self) -> bool:
        """Tell whether anything may be changed now; say why not."""
        app = self._app
        if app.read_only or (app.model.page is not None and app.model.page.read_only):
            app.say("This monitor only looks: it was started with --read-only", "warning")
            return False
        if app.link.facade is None:
            app.say("There is no host to ask; it is tried again each second", "error")
            return False
        return True

    async def _ask(self, what: Callable[[Facade], Awaitable[Any]], done: str) -> None:
        facade = self._app.link.facade
        if facade is None:
            return
        try:
            await what(facade)
        except (PlughostError, OSError) as error:
            self._app.say_error(error)
        else:
            self._app.say(done)

    async def _do(self, verb: str, plugins: list[str]) -> None:
        facade = self._app.link.facade
        if facade is None:
            return
        if verb == "toggle_enabled":
            rows = [self._app.model.plugins.get(plugin) for plugin in plugins]
            on = any(row is not None and not row.enabled for row in rows)
            verb = "plugin_enable" if on else "plugin_disable"
        dependants: ForDependants = "ask"
        if verb == "storage_wipe":
            if not await self._wipe_is_meant(plugins):
                return
        elif verb in ENDING:
            answer = await self._end_is_meant(facade, verb, plugins)
            if answer is None:
                return
            dependants = answer
        await self._each(facade, verb, plugins, dependants)

    async def _wipe_is_meant(self, plugins: Sequence[str]) -> bool:
        if len(plugins) != 1:
            self._app.say("Wipe one plugin after the other: take the marks away first", "warning")
            return False
        lines: list[Parts] = [
            [("All that it keeps is deleted: every key. There is no way back.", "warn")],
            [("Type its id to go on.", "plain")],
        ]
        return await self._app.ask(AskText(f"Wipe {plugins[0]}", lines, expected=plugins[0])) is not None

    async def _end_is_meant(self, facade: Facade, verb: str, plugins: Sequence[str]) -> ForDependants | None:
        needed: dict[str, list[str]] = {}
        for plugin in plugins:
            try:
                page = await facade.plugin(plugin)
            except (PlughostError, OSError) as error:
                self._app.say_error(error)
                return None
            others = [clean(other) for other in page.dependants if other not in plugins]
            if others:
                needed[plugin] = others
        if not needed:
            # The chosen ones may need each other: they are all meant.
            return "unload"
        word = {"plugin_stop": "Stop", "plugin_kill": "Kill", "plugin_disable": "Disable"}[verb]
        lines: list[Parts] = [
            [(f"{plugin} is needed by ", "plain"), (named(others), "warn")]
            for plugin, others in needed.items()
        ]
        if verb == "plugin_stop":
            answers = [("y", "stop those too, then it"), ("k", "keep those running without it")]
        else:
            answers = [("y", f"{word.lower()} it; what needs it fails or is stopped")]
        answer = await self._app.ask(Confirm(f"{word} {named(plugins)}?", lines[:NAMED], answers))
        return None if answer is None else "keep" if answer == "k" else "unload"

    async def _each(
        self, facade: Facade, verb: str, plugins: Sequence[str], dependants: ForDependants
    ) -> None:
        done: list[str] = []
        failed: list[tuple[str, Exception]] = []
        limit = anyio.CapacityLimiter(AT_ONCE)

        async def one(plugin: str) -> None:
            async with limit:
                try:
                    if verb == "plugin_stop":
                        await facade.plugin_stop(plugin, dependants)
                    else:
                        method = cast("Callable[[str], Awaitable[PluginRow | Any]]", getattr(facade, verb))
                        await method(plugin)
                except (PlughostError, OSError) as error:
                    failed.append((plugin, error))
                else:
                    done.append(plugin)

        async with anyio.create_task_group() as tasks:
            for plugin in plugins:
                tasks.start_soon(one, plugin)
        words = "wiped" if verb == "storage_wipe" else DONE.get(verb) or verb.replace("_", " ")
        if done:
            self._app.say(f"{named(sorted(done))}: {words}")
        if len(failed) == 1:
            self._app.say_error(failed[0][1])
        elif failed:
            names = named(sorted(plugin for plugin, _ in failed))
            self._app.say(
                f"{many(len(failed), 'plugin')} failed: {names}. The first: {failed[0][1]}", "error"
            )
