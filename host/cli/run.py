"""`plughost run`: plugins in the foreground, until somebody stops it."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

import anyio
import click

from host.cli.exit_codes import ExitCode
from host.cli.hosting import build_host, run_host, settings_for, start_logging
from host.cli.reloading import Reloading
from host.cli.service_manager import ServiceManager
from host.errors import SettingsError
from host.paths import default_data_folder
from host.plugin_host import PluginHost

logger = logging.getLogger(__name__)


@click.command("run")
@click.argument(
    "folders", nargs=-1, metavar="[DIR]...", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@click.option("--data", type=click.Path(), help="Data folder; one host at a time.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]))
@click.option("--json", "as_json", is_flag=True, help="Log as JSON lines.")
@click.option("--warden", type=click.Choice(["auto", "off"]))
@click.option("--tui", is_flag=True, help="With the monitor in this terminal; quitting it stops the host.")
@click.option("--no-autoload", is_flag=True, help="Discover only.")
@click.option(
    "--no-control", is_flag=True, help="Without the socket by which `plughost ps` and others reach it."
)
def command(
    folders: tuple[Path, ...],
    config: str | None,
    data: str | None,
    log_level: str | None,
    as_json: bool,
    warden: str | None,
    no_autoload: bool,
    no_control: bool,
    tui: bool,
) -> int:
    """Run the plugins in each DIR: a plugin's folder, or a folder of plugins."""
    overrides: dict[str, Any] = {
        "plugins": [str(folder.resolve()) for folder in folders] or None,
        "data": data,
        "warden": warden,
        "autoload": False if no_autoload else None,
        "log": {
            key: value
            for key, value in (("level", log_level), ("format", "json" if as_json else None))
            if value
        },
    }
    settings = settings_for(config, overrides)
    if tui:
        if no_control:
            raise click.UsageError("--tui needs the control socket: leave --no-control out")
        from host.cli.with_monitor import run_with_monitor

        return run_with_monitor(
            [word for word in sys.argv[2:] if word != "--tui"], settings.data or default_data_folder()
        )
    start_logging(settings)
    if not settings.plugins:
        raise SettingsError(
            "there is nothing to run: no folder was named",
            remedy="plughost run DIR, or `plugins` in plughost.toml, or PLUGHOST_PLUGINS",
        )

    if os.geteuid() == 0:
        logger.warning(
            "plugins run as root, as this host does, and can do all that root can, whatever they declare; "
            "start it as a user of its own: User= in a unit, USER in a Dockerfile"
        )
    manager = ServiceManager(os.environ)

    async def body(host: PluginHost) -> int:
        count = len(host.plugins())
        if not count:
            raise SettingsError(
                f"there is nothing to run: no plugin is in {', '.join(map(str, settings.plugins))}",
                remedy="a plugin's folder holds plugin.toml, plugin.json or manifest.json",
            )
        sys.stderr.write(f"{count} plugin{'' if count == 1 else 's'} found; Ctrl-C stops\n")
        try:
            if settings.autoload:
                await host.load_all()
                # Not those that failed alone: a broken manifest, a disabled plugin are not tried at all.
                active = sum(view.state == "active" for view in host.plugins())
                sys.stderr.write("all loaded\n" if active == count else f"{active} of {count} loaded\n")
            manager.ready(f"{count} plugin{'' if count == 1 else 's'}")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(manager.keep_alive)
                await stopped.wait()
                tasks.cancel_scope.cancel()
            sys.stderr.write("stopping: asked to over the control socket\n")
        finally:
            manager.stopping()
        return 0

    stopped = anyio.Event()
    host = build_host(settings, control=not no_control)
    host.allow_stop(stopped.set)
    reloading = Reloading(host, settings, lambda: settings_for(config, overrides))
    host.reload_by(reloading.reload)

    async def hung_up() -> None:
        with manager.reloading():
            await reloading.reload_and_tell()

    return run_host(host, body, terminated=ExitCode.OK, hung_up=hung_up)
