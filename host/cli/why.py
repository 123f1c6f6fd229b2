"""`plughost why`: what led to a plugin's last change of state, read from the data folder.

No host is needed, and one that runs is not disturbed: files are read and nothing else.
"""

import difflib
import os
import re
import time
from pathlib import Path

import click
import msgspec

from host.cli.exit_codes import ExitCode
from host.cli.hosting import settings_for
from host.cli.output import print_json
from host.errors import ManifestError, PluginNotFound, SettingsError
from host.logs import clean
from host.manifest import discover
from host.observe.recorder_folder import RecorderFolder
from host.observe.why import explain
from host.paths import default_data_folder
from host.settings.values import Settings
from host.state.lock import is_held
from protocol.manifest import ID_PATTERN


@click.command("why")
@click.argument("plugin", metavar="ID")
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@click.option("--data", type=click.Path(), help="Data folder of the host.")
@click.option("--dir", "folders", multiple=True, type=click.Path(), help="Where the plugin is, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    plugin: str, config: str | None, data: str | None, folders: tuple[str, ...], as_json: bool
) -> int:
    """Tell what led to the last change of state of the plugin ID."""
    settings = settings_for(config, {"data": data, "plugins": [*folders] or None})
    folder = settings.data or default_data_folder()
    recorder = RecorderFolder(folder)
    try:
        timeline = recorder.read(plugin)
        if not timeline:
            _check(plugin, folder, recorder, settings)
    except OSError as exc:
        raise SettingsError(
            f"the data folder {folder} can't be read: {exc.strerror or exc}",
            remedy="ask as the user that the host runs as, or name another folder with --data",
        ) from exc
    log = folder / "logs" / f"{plugin}.log"
    why = explain(
        timeline,
        now_s=time.time(),
        host=None,
        alive=is_held(folder),
        log_file=str(log) if log.exists() else None,
    )
    if as_json:
        print_json(msgspec.to_builtins(why) | {"data": str(folder)})
    else:
        click.echo("\n".join(clean(line) for line in str(why).split("\n")))
    return ExitCode.OK


def _check(plugin: str, folder: Path, recorder: RecorderFolder, settings: Settings) -> None:
    """Raise what is wrong with a name of which nothing is recorded; nothing is, if only it never ran."""
    found = discover(settings.plugins, settings.limits)
    for place, error in found.broken:
        if place.name == plugin:
            raise ManifestError(str(place), error.faults)
    known = {package.manifest.id for package in found.packages} | {*recorder.plugins(), *_kept(folder)}
    if plugin not in known:
        raise PluginNotFound(plugin, difflib.get_close_matches(plugin, known, n=3))


def _kept(folder: Path) -> list[str]:
    """Return the plugins about which a host keeps what the operator decided."""
    try:
        names = os.listdir(folder / "plugins")  # noqa: PTH208 - the names are all that is wanted
    except OSError:
        return []
    stems = [name.removesuffix(".json") for name in names if name.endswith(".json")]
    return [stem for stem in stems if re.fullmatch(ID_PATTERN, stem)]
