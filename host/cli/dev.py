"""`plughost dev`: runs one plugin and takes each edit over once it works."""

import sys
import tempfile
from pathlib import Path

import click

from host.cli.dev_debug import DEBUG_PORT, debugging_at
from host.cli.dev_log import DevLog
from host.cli.dev_reload import DevReload, checked
from host.cli.exit_codes import ExitCode
from host.cli.hosting import build_host, run_host, settings_for, start_logging
from host.cli.inspect_prompts import tell_how_to_answer
from host.cli.output import print_json
from host.devtools.folder_watch import FolderWatch
from host.logs import clean
from host.plugin_host import PluginHost


@click.command("dev")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@click.option("--data", type=click.Path(), help="Data folder; without it nothing is kept.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="debug")
@click.option("--verbose", "-v", is_flag=True, help="Also what the host says about its work in detail.")
@click.option("--top", is_flag=True, help="With the monitor in this terminal; quitting it stops the plugin.")
@click.option(
    "--debug",
    "port",
    type=click.IntRange(1, 65_535),
    is_flag=False,
    flag_value=DEBUG_PORT,
    metavar="[PORT]",
    help=f"Wait for a debugger on this port of this machine, {DEBUG_PORT} if none is named.",
)
@click.option("--json", "as_json", is_flag=True, help="Log, and say what happens, as JSON lines.")
def command(
    folder: Path,
    config: str | None,
    data: str | None,
    log_level: str,
    verbose: bool,
    top: bool,
    port: int | None,
    as_json: bool,
) -> int:
    """Run the plugin in DIR and reload it when its files change.

    After an edit a new process starts beside the old one. Once it is loaded and healthy it takes over without
    a gap; one that fails is shown, and the old one keeps running.

    With --debug each process waits until a debugger is attached, an edit ends the old one first, and no
    deadline passes. The plugin needs debugpy for it: `pip install 'plughost[debug]'`, or in its own .venv.
    """
    folder = folder.resolve()
    package = checked(folder)
    if top:
        return _with_monitor(data)
    log = {"level": log_level} | ({"format": "json"} if as_json else {})
    settings = settings_for(config, {"plugins": [str(folder)], "data": data, "log": log})
    start_logging(settings)
    DevLog(rename=not as_json, verbose=verbose).install()
    debugging = None if port is None else debugging_at(port, package)
    watch = FolderWatch(folder)

    def say(word: str, what: str) -> None:
        if as_json:
            print_json({"dev": word, "message": what})
            return
        shown = "\n     | ".join(clean(line) for line in what.split("\n"))
        sys.stderr.write(f"dev  {word}: {shown}\n")
        sys.stderr.flush()

    async def body(host: PluginHost) -> int:
        tell_how_to_answer(host.prompts, lambda what: say("asks", what), data)
        reload = DevReload(host, package, say, hands_over=debugging is None)
        await reload.begin()
        say("watching", f"{folder}; Ctrl-C stops")
        while True:
            names = await watch.changed()
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            say("changed", ", ".join(names[:3]) + more)
            # What changes meanwhile is seen by the next look, and reloaded then.
            await reload.reload()

    host = build_host(settings, temporary=data is None, control=data is not None, debugging=debugging)
    return run_host(host, body, terminated=ExitCode.OK)


def _with_monitor(data: str | None) -> int:
    """Run the same command in a process of its own, and the monitor over it in this one."""
    from host.cli.with_monitor import run_with_monitor

    words = [word for word in sys.argv[2:] if word != "--top"]
    with tempfile.TemporaryDirectory(prefix="plughost-dev-") as place:
        if data is None:
            data = place
            words += ["--data", place]
        return run_with_monitor(words, Path(data), command="dev")
