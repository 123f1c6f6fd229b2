"""DevReload: brings an edited plugin into a running host, and only once it has shown that it works.

Owns the order: the package is checked; a trial of it runs in a host of its own, beside the plugin that goes
on serving, up to its health check; then the host ends the old run in order and starts the new one. Called by
`plughost dev`. Watches no files, and prints through `say` alone.
"""

from collections.abc import Callable
from pathlib import Path

import anyio.to_thread

from host.call_errors import MethodNotFound
from host.devtools.code_check import check_code
from host.errors import InvalidParams, PlughostError
from host.manifest import Package, read_package
from host.plugin_host import PluginHost

Say = Callable[[str, str], None]
"""Says what happened: a word for programs such as `reloaded`, and a sentence for people."""


class DevReload:
    """One plugin of one host."""

    def __init__(self, host: PluginHost, package: Package, trial: Callable[[], PluginHost], say: Say) -> None:
        """`trial` builds a host that keeps nothing, with the same folder and configuration."""
        self._host = host
        self._folder = package.folder
        self._plugin = package.manifest.id
        self._trial = trial
        self._say = say

    async def begin(self) -> None:
        """Load the plugin for the first time; a plugin that fails is told, and waits for an edit."""
        try:
            await self._host.load(self._plugin)
        except PlughostError as exc:
            self._say("failed", f"{exc}; waiting for an edit")
        else:
            self._tell("running", "is running")

    async def rehearse(self) -> bool:
        """Check the package and try it in a process of its own; tell whether it may take over."""
        try:
            await anyio.to_thread.run_sync(checked, self._folder, self._plugin)
            async with self._trial() as trial:
                await trial.load(self._plugin)
                await _ask_health(trial, self._plugin)
        except PlughostError as exc:
            state = self._host.plugin(self._plugin).state
            stays = "the old one keeps running" if state == "active" else f"the plugin is {state}"
            self._say("kept", f"not taken over, {stays}: {exc}")
            return False
        return True

    async def take_over(self) -> None:
        """End the old run in order, read the package anew, and start the new run."""
        try:
            await self._host.unload(self._plugin, dependants="keep")
            await self._host.rescan()
            await self._host.load(self._plugin)
        except PlughostError as exc:
            self._say("failed", f"the trial passed, and yet it does not run: {exc}")
        else:
            self._tell("reloaded", "was reloaded")

    def _tell(self, word: str, what: str) -> None:
        view = self._host.plugin(self._plugin)
        pid = "without a process" if view.pid is None else f"pid {view.pid}"
        self._say(word, f"{self._plugin} {view.version} {what}, {pid}")


def checked(folder: Path, plugin: str | None = None) -> Package:
    """Read a package and look at its code without running it.

    Raises:
        ManifestError: The manifest can't be used.
        InvalidParams: The code can't be parsed or does not fit the manifest, or the plugin has another id
            than `plugin`.
    """
    package = read_package(folder)
    if plugin is not None and package.manifest.id != plugin:
        raise InvalidParams(
            f"{package.file.name}: the id is now {package.manifest.id!r}, it was {plugin!r}",
            remedy="another id is another plugin: start `plughost dev` again",
        )
    faults = [str(one) for one in check_code(package) if one.level == "fault"]
    if faults:
        raise InvalidParams("\n".join(faults), remedy="mend what it says and save")
    return package


async def _ask_health(host: PluginHost, plugin: str) -> None:
    if host.plugin(plugin).pid is None:
        return  # it only contributes
    try:
        answer = await host.health(plugin)
    except MethodNotFound:
        return  # a program that has no health check is as well as it was when it loaded
    if answer.status == "unhealthy":
        raise InvalidParams(f"its health check says unhealthy: {answer.reason or 'without a reason'}")
