"""`plughost inspect` in a terminal: the inspector over a host in this process.

The two share an event loop, so a painting holds the host up for some milliseconds: for calls by hand that is
nothing, and the wire can be seen as it is.
"""

import logging
import os
from pathlib import Path

from host.cli.exit_codes import ExitCode
from host.cli.hosting import run_host
from host.cli.inspect_prompts import tell_how_to_answer
from host.cli.inspect_subject import InspectSubject
from host.cli.inspect_wire import InspectWire
from host.errors import PlughostError
from host.ids import PluginId
from host.logs import configure
from host.plugin_host import PluginHost
from host.settings import Settings


def inspect_in_terminal(
    host: PluginHost, settings: Settings, folder: Path, plugin: str, *, ascii: bool
) -> int:
    """Show the inspector until somebody quits."""
    wire = watched(host)

    async def body(host: PluginHost) -> int:
        from host.tui.inspector.app import run_inspector

        dismissing(host, plugin)
        try:
            await host.load(plugin)
        except PlughostError:
            pass  # its state says why, and so does its log; r tries again after an edit
        await run_inspector(InspectSubject(host, folder, plugin, wire), ascii=ascii)
        return ExitCode.OK

    with Path(os.devnull).open("w") as nowhere:
        # The screen shows what is logged.
        configure(settings.log, nowhere)
        return run_host(host, body)


def watched(host: PluginHost) -> InspectWire:
    """Have every message of a host's plugins told; before the host is entered."""
    wire = InspectWire()
    parts = host._parts  # pyright: ignore[reportPrivateUsage]
    parts._registries = (*parts._registries, wire)  # pyright: ignore[reportPrivateUsage]
    return wire


def dismissing(host: PluginHost, plugin: str) -> None:
    """Dismiss what the plugin asks, and say so in its log: nobody can reach this host but the inspector."""
    tracks = host._parts.recorder  # pyright: ignore[reportPrivateUsage]

    def say(what: str) -> None:
        tracks.track(PluginId(plugin)).line(logging.WARNING, f"it asks: {what}", {}, source="host")

    tell_how_to_answer(host.prompts, say, None)
