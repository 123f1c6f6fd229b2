"""`plughost doctor`: checks whether plugins can be run here, and says what to do where not."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

import click

from host.cli.attached import ask, data_folder, host_options, is_running
from host.cli.exit_codes import ExitCode
from host.cli.listing import Listing, listing_options
from host.cli.output import print_json
from host.control.socket_place import fits, own_place
from host.errors import PlughostError
from host.facade.figures import size
from host.paths import network_file_system, system_without_warden
from host.process.descriptors import PER_PLUGIN, RESERVE, limit
from host.state.lock import is_held

FREE_BYTES = 256 * 1024 * 1024
"""Less room than this on the disk of the data folder is worth a warning."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, and what was found."""

    name: str
    verdict: Literal["ok", "warning", "fault"]
    found: str
    remedy: str = ""


@click.command("doctor")
@listing_options
@host_options
def command(listing: Listing, data: str | None, socket: str | None) -> int:
    """Check Python, system, data folder, limits and, if one runs, the host; the exit code is 1 at a fault."""
    checks = [*_system(), *_data(data_folder(data)), *_host(data, socket)]
    found = listing.chosen([asdict(check) for check in checks], [field.name for field in fields(Check)], {})
    if listing.as_jsonl:
        for one in found:
            print_json(one)
    elif listing.as_json:
        print_json(found)
    shown = [Check(**one) for one in found]
    for check in () if listing.is_for_programs else shown:
        click.echo(f"{check.verdict:<8} {check.name}: {check.found}")
        if check.remedy:
            click.echo(f"         what to do: {check.remedy}")
    return ExitCode.PLUGIN_ERROR if any(check.verdict == "fault" for check in shown) else ExitCode.OK


def _system() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("Python", "ok", version)
    if system := system_without_warden():
        yield Check("warden", "warning", f"none on {system}: escaped daemons may outlive the host")
    else:
        yield Check("warden", "ok", "this system has what it needs: no plugin outlives its host")
    if os.geteuid() == 0:
        yield Check(
            "user",
            "warning",
            "root: plugins are not sandboxed, and may do everything",
            "run the host as a user of its own",
        )
    else:
        yield Check("user", "ok", f"uid {os.geteuid()}; plugins may do what it may")
    bound = limit()
    if bound is not None:
        plugins = max(0, (bound - RESERVE) // PER_PLUGIN)
        verdict: Literal["ok", "warning"] = "ok" if plugins >= 100 else "warning"
        remedy = "" if verdict == "ok" else "raise it: ulimit -n, or LimitNOFILE= of the unit"
        yield Check("descriptors", verdict, f"{bound}, enough for about {plugins} plugins", remedy)


def _data(folder: Path) -> Iterator[Check]:
    place = next(one for one in (folder, *folder.parents) if one.exists())
    if kind := network_file_system(place):
        yield Check(
            "data folder", "fault", f"{folder} lies on {kind}", "choose a folder on a local disk: --data"
        )
    elif not os.access(place, os.W_OK):
        yield Check("data folder", "fault", f"{place} can't be written", "choose another one: --data")
    else:
        state = "there" if folder.exists() else "not there yet; it is made"
        yield Check("data folder", "ok", f"{folder} ({state})")
    free = shutil.disk_usage(place).free
    remedy = "" if free >= FREE_BYTES else "make room: writes fail with disk_full, though the host goes on"
    yield Check("disk", "ok" if not remedy else "warning", f"{size(free)} free", remedy)
    if not fits(own_place(folder)):
        yield Check("control socket", "warning", "the data folder's path is long, so it lies elsewhere")


def _host(data: str | None, socket: str | None) -> Iterator[Check]:
    if not (is_running(data, socket) or is_held(data_folder(data))):
        yield Check("host", "ok", "none runs on this data folder")
        return
    try:
        rows = ask(lambda facade: facade.problems(), data=data, socket=socket, name="doctor")
    except PlughostError as exc:
        yield Check("host", "fault", exc.message, exc.remedy)
        return
    yield Check("host", "ok", "it runs and answers")
    for row in rows:
        who = row.plugin or "the host"
        yield Check(who, "fault" if row.severity == "error" else "warning", row.title, row.remedy)
