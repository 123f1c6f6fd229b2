"""`plughost inspect`: ask one plugin: from forms in a terminal, or line by line, typed or from a script."""

import asyncio
import math
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import click

from host.cli.dev_reload import checked
from host.cli.exit_codes import ExitCode
from host.cli.handled import until_handled
from host.cli.hosting import build_host, run_host, settings_for, start_logging
from host.cli.inspect_prompts import PromptsAtTerminal
from host.cli.inspect_subject import InspectSubject
from host.cli.inspect_wire import InspectWire
from host.cli.output import print_error, print_json
from host.cli.values import read_object, read_value
from host.errors import InvalidParams, PlughostError
from host.plugin_host import PluginHost
from host.tui.inspector.subject import Asking, Kind

_HELP = (
    "offers | methods | call METHOD [JSON] | stream METHOD [JSON] | command NAME [JSON] | "
    "request VERB PATH [JSON] | emit TOPIC [JSON] | hook NAME [JSON] | health | status | help | quit"
)


@click.command("inspect")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("words", metavar="[LINE]", nargs=-1)
@click.option("--exec", "lines", multiple=True, metavar="LINE", help="Do this and end; may be repeated.")
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@click.option(
    "--json", "plain", is_flag=True, help="Take lines from stdin also in a terminal; errors as JSON."
)
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw ASCII only.")
def command(
    folder: Path,
    words: tuple[str, ...],
    lines: tuple[str, ...],
    config: str | None,
    plain: bool,
    ascii_only: bool,
) -> int:
    """Start the plugin in DIR and ask it: in a terminal from forms, with the wire and the log beside them.

    With a LINE, or --exec LINE, or where stdin or stdout is no terminal, do what each line says. Lines:
    offers (all that it can be asked), methods, call METHOD JSON, stream METHOD JSON, command NAME JSON,
    request VERB PATH JSON, emit TOPIC JSON, hook NAME JSON, health, status, help, quit.

    What the plugin itself asks (`self.ui.confirm` and its kin) is asked at the terminal where the lines are
    arguments, and dismissed elsewhere.
    """
    folder = folder.resolve()
    settings = settings_for(config, {"plugins": [str(folder)]})
    plugin = checked(folder).manifest.id
    host = build_host(settings, temporary=True)
    if not (words or lines or plain) and all(map(os.isatty, (0, 1, 2))):
        from host.cli.inspect_screen import inspect_in_terminal

        return inspect_in_terminal(host, settings, folder, plugin, ascii=ascii_only)
    start_logging(settings, quiet=True)
    if words:
        lines = (*lines, _line_of(words))

    async def body(host: PluginHost) -> int:
        PromptsAtTerminal(host.prompts, asks=bool(lines))
        await host.load(plugin)
        subject = InspectSubject(host, folder, plugin, InspectWire())
        failed = False
        given = anyio.create_memory_object_stream[str](math.inf)
        if lines:
            for one in (*lines, "quit"):
                given[0].send_nowait(one)
        else:
            _read_stdin(given[0].send_nowait)
        while True:
            line = await given[1].receive()
            asked = line.strip().split(None, 2)
            if asked[:1] == ["quit"]:
                return ExitCode.PLUGIN_ERROR if failed else ExitCode.OK
            try:
                await _do(host, subject, asked)
            except click.UsageError as exc:
                failed = True
                print_error(InvalidParams(exc.message), as_json=True) if plain else sys.stderr.write(
                    f"{exc.message}\n"
                )
            except PlughostError as exc:
                failed = True
                print_error(exc, as_json=plain)

    return run_host(host, body)


def _line_of(words: tuple[str, ...]) -> str:
    """Return the words of a command line as a line; what follows a name is JSON and may hold blanks."""
    if words[0] == "request" and len(words) > 3:
        return f"request {words[1]} {words[2]} {' '.join(words[3:])}"
    return " ".join(words)


def _read_stdin(take: Callable[[str], None]) -> None:
    """Hand each line of stdin to the loop, and `quit` at its end."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        # Unbuffered: a thread that waits inside of a buffered reader would hold up the interpreter's end.
        with open(0, "rb", buffering=0, closefd=False) as stdin, suppress(RuntimeError):
            for line in iter(stdin.readline, b""):
                loop.call_soon_threadsafe(take, line.decode(errors="replace"))
            loop.call_soon_threadsafe(take, "quit")

    threading.Thread(target=read, name="stdin", daemon=True).start()


async def _do(host: PluginHost, subject: InspectSubject, words: list[str]) -> None:
    match words:
        case []:
            pass
        case ["methods"]:
            for name in host.plugin(subject.plugin).methods:
                print_json(name)
        case ["offers"]:
            for one in await subject.asked():
                if one.kind != "contract":
                    schema = {"params": one.schema} if one.schema else {}
                    print_json({"kind": one.kind, "name": one.name, "line": _line_for(one)} | schema)
            for one in host.schedule.list(subject.plugin):
                print_json({"kind": "schedule", "name": one.name})
        case ["help"]:
            sys.stdout.write(f"{_HELP}\n")
        case ["health" | "status" as name]:
            await _ask(subject, Asking("contract", name), {})
        case ["emit", topic, *rest]:
            seq = await host.emit(topic, _read(rest))
            await until_handled(host, subject.plugin, topic)
            print_json(seq)
        case ["hook", name, *rest]:
            await _ask(subject, Asking("hook", name), {"value": _read(rest)})
        case ["request", verb, place]:
            path, _, given = place.partition(" ")
            await _ask(
                subject,
                Asking("endpoint", f"{verb.upper()} {_mounted(subject, path)}"),
                read_object(given or "{}"),
            )
        case ["call" | "stream" | "command" as verb, name, *rest]:
            kind: Kind = "method" if verb == "call" else "stream" if verb == "stream" else "command"
            await _ask(subject, Asking(kind, name), read_object(rest[0] if rest else "{}"))
        case _:
            raise click.UsageError(f"not understood; allowed: {_HELP}")


async def _ask(subject: InspectSubject, asking: Asking, params: dict[str, Any]) -> None:
    answers = subject.ask(asking, params)
    try:
        async for item in answers:
            print_json(item)
    finally:
        await answers.aclose()


def _line_for(asking: Asking) -> str:
    """Return the line that asks this, without its JSON."""
    word = {"method": "call", "endpoint": "request", "event": "emit"}.get(asking.kind, asking.kind)
    return f"{word} {asking.name}"


def _read(rest: list[str]) -> Any:
    return read_value(rest[0], "the value") if rest else {}


def _mounted(subject: InspectSubject, path: str) -> str:
    """Return where an endpoint lies; a path of the code's own lies below the plugin's folder."""
    if path == "/api" or path.startswith("/api/"):
        return path
    return f"/api/plugins/{subject.plugin}/{path.lstrip('/')}"
