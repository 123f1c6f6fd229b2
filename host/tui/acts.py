"""Acts: what the monitor has a host do: asks where it must, does it to each plugin, says what came of it.

What can be undone is done at once. Stop, kill and disable of a plugin that others need ask first and name
them, and so do a kill of several and a disable of what forbids by a fail-closed hook; wiping asks for the id.
Errors are shown with their remedy, and nothing is tried twice.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import anyio

from host.base_error import PlughostError
from host.facade.facade import Facade
from host.facade.figures import many
from host.facade.guards import guarded_by
from host.facade.pages import ContributionRow
from host.facade.rows import PluginRow
from host.facade.verbs import VERBS, ForDependants
from host.tui.border import clean, cleaned
from host.tui.dialogs import AskText, Confirm, ShowText
from host.tui.inked_lines import Parts
from host.tui.json_lines import json_lines
from host.tui.keys import VERB_KEYS
from host.tui.log_lines import wrapped
from host.tui.outcomes import NAMED, failures, named, outcome, running
from host.tui.tiny import TOO_SMALL

if TYPE_CHECKING:
    from host.tui.app import Monitor

AT_ONCE: Final = 4
"""Plugins of one batch that are worked on at a time; the host starts no more than that at once either."""

KILLED_CELLS: Final = 68
"""Cells of a line of names in a question."""

MAX_SAID: Final = 200
"""Characters of an answer that is told in passing; a longer one is shown to be read."""

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
            app.say(app.why_read_only, "warning")
            return False
        if app.is_tiny:
            app.say(TOO_SMALL, "warning")
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
        also: dict[str, list[str]] = {}
        if verb == "storage_wipe":
            if not await self._wipe_is_meant(plugins):
                return
        elif verb in ENDING:
            answer = await self._end_is_meant(facade, verb, plugins)
            if answer is None:
                return
            dependants, also = answer
        await self._each(facade, verb, plugins, dependants, also)

    async def _wipe_is_meant(self, plugins: Sequence[str]) -> bool:
        if len(plugins) != 1:
            self._app.say("Wipe one plugin after the other: take the marks away first", "warning")
            return False
        lines: list[Parts] = [
            [("All that it keeps is deleted: every key. There is no way back.", "warn")],
            [("Type its id to go on.", "plain")],
        ]
        return await self._app.ask(AskText(f"Wipe {plugins[0]}", lines, expected=plugins[0])) is not None

    async def _end_is_meant(
        self, facade: Facade, verb: str, plugins: Sequence[str]
    ) -> tuple[ForDependants, dict[str, list[str]]] | None:
        """Ask where others need them, or where several are killed; return what becomes of which others."""
        needed: dict[str, list[str]] = {}
        guarded: dict[str, list[str]] = {}
        try:
            for plugin in plugins:
                page = await facade.plugin(plugin)
                others = [clean(other) for other in page.dependants if other not in plugins]
                if others:
                    needed[plugin] = others
            if verb == "plugin_disable":
                guarded = guarded_by(cleaned(await facade.hooks()), plugins)
        except (PlughostError, OSError) as error:
            self._app.say_error(error)
            return None
        killed = running(self._app.model.plugins, plugins) if verb == "plugin_kill" else []
        if not needed and not guarded and len(killed) < 2:
            # The chosen ones may need each other: they are all meant.
            return "unload", {}
        word = {"plugin_stop": "Stop", "plugin_kill": "Kill", "plugin_disable": "Disable"}[verb]
        lines: list[Parts] = [
            [(f"{plugin} forbids by ", "plain"), (named(hooks), "warn"), ("; then nothing does", "plain")]
            for plugin, hooks in guarded.items()
        ]
        lines += [
            [(f"{plugin} is needed by ", "plain"), (named(others), "warn")]
            for plugin, others in needed.items()
        ]
        if len(killed) > 1:
            lines = [*_killed(killed), *lines]
            plugins = [many(len(killed), "plugin")]
        if verb == "plugin_stop":
            answers = [("y", "stop those too, then it"), ("k", "keep those running without it")]
        elif needed:
            them = "them" if len(killed) > 1 else "it"
            answers = [("y", f"{word.lower()} {them}; what needs {them} fails or is stopped")]
        elif guarded:
            answers = [("y", "disable it; what it forbade passes")]
        else:
            answers = [("y", "kill them; what they have under way is lost")]
        answer = await self._app.ask(Confirm(f"{word} {named(plugins)}?", lines[:NAMED], answers))
        if answer is None or answer == "k":
            return None if answer is None else ("keep", {})
        return "unload", needed if verb == "plugin_stop" else {}

    async def _each(
        self,
        facade: Facade,
        verb: str,
        plugins: Sequence[str],
        dependants: ForDependants,
        also: Mapping[str, Sequence[str]],
    ) -> None:
        done: list[str] = []
        failed: list[tuple[str, Exception]] = []
        limit = anyio.CapacityLimiter(AT_ONCE)
        before = dict(self._app.model.plugins)

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
            ended = {one for plugin in done for one in running(before, also.get(plugin, ()))}
            self._app.say(outcome(verb, words, done, before, sorted(ended)))
        if len(failed) == 1:
            self._app.say_error(failed[0][1])
        elif failed:
            self._app.say(failures(failed), "error")


def _killed(plugins: Sequence[str]) -> list[Parts]:
    return [[(line, "warn")] for line in wrapped(named(plugins), KILLED_CELLS)]
