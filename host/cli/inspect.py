"""`plughost inspect`: ask one plugin line by line, typed or from a script."""

import asyncio
import math
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import anyio
import click

from host.cli.dev_reload import checked
from host.cli.exit_codes import ExitCode
from host.cli.hosting import build_host, run_host, settings_for, start_logging
from host.cli.output import print_error, print_json
from host.cli.values import read_object
from host.errors import PlughostError
from host.plugin_host import PluginHost

_HELP = "methods | call METHOD [JSON] | stream METHOD [JSON] | emit TOPIC [JSON] | hook NAME [JSON] | quit"


@click.command("inspect")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--exec", "lines", multiple=True, metavar="LINE", help="Do this and end; may be repeated.")
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
def command(folder: Path, lines: tuple[str, ...], config: str | None) -> int:
    """Start the plugin in DIR and do what each line says: of --exec, or else of stdin.

    Lines: methods, call METHOD JSON, stream METHOD JSON, emit TOPIC JSON, hook NAME JSON, quit.
    """
    settings = settings_for(config, {"plugins": [str(folder.resolve())]})
    start_logging(settings, quiet=True)
    plugin = checked(folder.resolve()).manifest.id

    async def body(host: PluginHost) -> int:
        await host.load(plugin)
        failed = False
        given = anyio.create_memory_object_stream[str](math.inf)
        if lines:
            for one in (*lines, "quit"):
                given[0].send_nowait(one)
        else:
            _read_stdin(given[0].send_nowait)
        while True:
            line = await given[1].receive()
            words = line.split(None, 2)
            if words[:1] == ["quit"]:
                return ExitCode.PLUGIN_ERROR if failed else ExitCode.OK
            try:
                await _do(host, plugin, words)
            except click.UsageError as exc:
                failed = True
                sys.stderr.write(f"{exc.message}\n")
            except PlughostError as exc:
                failed = True
                print_error(exc, as_json=False)

    return run_host(build_host(settings, temporary=True), body)


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


async def _do(host: PluginHost, plugin: str, words: list[str]) -> None:
    match words:
        case []:
            pass
        case ["methods"]:
            for name in host.plugin(plugin).methods:
                print_json(name)
        case [("call" | "stream" | "emit" | "hook") as verb, name, *rest]:
            params = read_object(rest[0] if rest else "{}")
            if verb == "call":
                print_json(await host.call(plugin, name, params))
            elif verb == "emit":
                print_json(await host.emit(name, params))
            elif verb == "hook":
                verdict = await host.hook(name, params)
                print_json({"allowed": verdict.allowed, "value": verdict.value, "reason": verdict.reason})
            else:
                async for item in host.stream(plugin, name, params):
                    print_json(item)
        case _:
            raise click.UsageError(f"not understood; allowed: {_HELP}")
