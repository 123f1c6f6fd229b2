"""DevReload: brings an edited plugin into a running host, and only once it has shown that it works.

Owns the order: the package is checked without running it; then the host lets a new run take over from the one
that serves, which it does only after its health check. Called by `plughost dev`. Watches no files, and prints
through `say` alone.
"""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import anyio.to_thread

from host.devtools.code_check import check_code
from host.errors import HandoverFailed, InvalidParams, ManifestError, PlughostError
from host.manifest import Package, read_package
from host.plugin_host import PluginHost

Say = Callable[[str, str], None]
"""Says what happened: a word for programs such as `reloaded`, and a sentence for people."""


class DevReload:
    """One plugin of one host."""

    def __init__(self, host: PluginHost, package: Package, say: Say, *, hands_over: bool = True) -> None:
        """`hands_over`: two runs at a time are possible; else the old one ends first."""
        self._hands_over = hands_over
        self._host = host
        self._folder = package.folder
        self._plugin = package.manifest.id
        self._say = say

    async def begin(self) -> None:
        """Load the plugin for the first time; a plugin that fails is told, and waits for an edit."""
        began_s = perf_counter()
        try:
            await self._host.load(self._plugin)
        except PlughostError as exc:
            self._say("failed", f"{exc}; waiting for an edit")
        else:
            self._tell("running", "is running", perf_counter() - began_s)

    async def reload(self) -> None:
        """Take an edit over, or say why not and leave the run that serves as it is."""
        began_s = perf_counter()
        try:
            package = await anyio.to_thread.run_sync(checked, self._folder, self._plugin)
            view = self._host.plugin(self._plugin)
            came_or_went = (view.pid is not None) is not package.manifest.has_program
            if not self._hands_over or (view.state == "active" and came_or_went):
                # A program came or went, or one debugger is for one run: there is nothing to hand over.
                await self._host.unload(self._plugin, dependants="keep")
            await self._host.reload(self._plugin)
        except PlughostError as exc:
            state = self._host.plugin(self._plugin).state
            stays = "the old one keeps running" if state == "active" else f"the plugin is {state}"
            self._say("kept", f"not taken over, {stays}: {_told(exc)}")
        else:
            self._tell("reloaded", "was reloaded", perf_counter() - began_s)

    def _tell(self, word: str, what: str, took_s: float) -> None:
        view = self._host.plugin(self._plugin)
        pid = "without a process" if view.pid is None else f"pid {view.pid}"
        self._say(word, f"{self._plugin} {view.version} {what} after {took_s:.2f} s, {pid}")


def _told(error: PlughostError) -> str:
    """Return what is wrong; an edit that is saved is looked at again, so there is nothing else to run."""
    if not isinstance(error, ManifestError | HandoverFailed):
        return str(error)
    separator = "\n" if "\n" in error.message else "; "
    return f"{error.message}{separator}mend it and save"


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
        raise InvalidParams("\n".join(faults))  # each says what to do
    return package
