"""`plughost chaos`: faults put to a plugin in a real process, and what became of each."""

import os
import random
import sys
from pathlib import Path

import click

from host.cli.chaos_tap import ChaosTap
from host.cli.chaos_victim import HostVictim, ShiftedClock
from host.cli.dev_reload import checked
from host.cli.exit_codes import ExitCode
from host.cli.hosting import run_host, settings_for
from host.cli.output import print_json, print_table
from host.devtools.chaos.catalogue import FAULTS
from host.devtools.chaos.fault import Fault
from host.devtools.chaos.run import Finding, run_faults
from host.errors import InvalidParams
from host.logs import clean, configure
from host.plugin_host import PluginHost

MAX_SEED = 2**32 - 1
_MARKS = {"passed": "ok  ", "failed": "BAD ", "not applicable": "-   "}


@click.command("chaos")
@click.argument(
    "folder",
    metavar="DIR",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option("--only", multiple=True, metavar="NAME", help="Only this fault; may be repeated.")
@click.option("--list", "lists", is_flag=True, help="Print the faults, and do nothing.")
@click.option(
    "--seed",
    type=click.IntRange(0, MAX_SEED),
    help="Throws the same dice again; what a run took is in its summary.",
)
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per fault, and one at the end.")
def command(
    folder: Path | None,
    only: tuple[str, ...],
    lists: bool,
    seed: int | None,
    config: str | None,
    as_json: bool,
) -> int:
    """Put faults to the plugin in DIR, one after the other, and say what it did not bear.

    It runs in a process and a host of its own, which keeps nothing. What it does outside of the host, such as
    to other services, it does here too. The exit code is 1 if a fault was not borne.
    """
    faults = _chosen(only)
    if lists:
        _print_list(faults, as_json=as_json)
        return ExitCode.OK
    if folder is None:
        raise click.UsageError("which plugin? Give its folder: plughost chaos DIR")
    seed = random.randrange(MAX_SEED) if seed is None else seed
    package = checked(folder.resolve())
    plugin = package.manifest.id
    if not package.manifest.has_program:
        raise InvalidParams(
            f"plugin {plugin!r} only contributes: it has no process that anything could happen to",
            remedy="`plughost validate` checks all that there is of it",
        )
    settings = settings_for(config, {"plugins": [str(folder.resolve())]})
    clock = ShiftedClock()
    host = PluginHost(
        settings.plugins,
        config=settings.config,
        limits=settings.limits,
        warden=settings.warden,
        rate_limits=settings.rate_limits,
        storage_quota_bytes=settings.storage_quota_bytes,
        clock=clock,
    )
    # Nobody is there who would answer what it asks.
    host.prompts.on(host.prompts.refuse)
    tap = ChaosTap(host._parts.gateway)  # pyright: ignore[reportPrivateUsage]

    async def body(host: PluginHost) -> int:
        victim = HostVictim(host, plugin, tap, clock)
        await victim.begin()
        found: list[Finding] = []
        async for one in run_faults(victim, faults, seed):
            found.append(one)
            _print_finding(one, as_json=as_json)
        _print_summary(plugin, found, seed, as_json=as_json)
        return ExitCode.PLUGIN_ERROR if any(one.outcome == "failed" for one in found) else ExitCode.OK

    with Path(os.devnull).open("w") as nowhere:
        # What it logs is told with the faults that it does not bear.
        configure(settings.log, nowhere)
        return run_host(host, body)


def _chosen(only: tuple[str, ...]) -> tuple[Fault, ...]:
    known = {fault.name: fault for fault in FAULTS}
    for name in only:
        if name not in known:
            raise click.UsageError(f"there is no fault {name!r}; there are {', '.join(known)}")
    return tuple(fault for fault in FAULTS if not only or fault.name in only)


def _print_list(faults: tuple[Fault, ...], *, as_json: bool) -> None:
    if as_json:
        for one in faults:
            print_json({"name": one.name, "does": one.does, "expects": one.expects, "mend": one.mend})
        return
    print_table(("FAULT", "WHAT IS DONE"), [(one.name, one.does) for one in faults])


def _print_finding(one: Finding, *, as_json: bool) -> None:
    if as_json:
        print_json(one.as_json())
        return
    what = {"passed": one.does, "failed": one.happened, "not applicable": one.happened}[one.outcome]
    sys.stdout.write(f"{_MARKS[one.outcome]} {one.name:<20} {clean(what)}\n")
    if one.outcome == "failed":
        sys.stdout.write(f"       done:      {clean(one.does)}\n")
        sys.stdout.write(f"       expected:  {clean(one.expected)}\n")
        sys.stdout.write(f"       to mend:   {clean(one.mend)}\n")
        for number, line in enumerate(part for text in one.said for part in text.split("\n")):
            sys.stdout.write(f"       {'it said:  ' if not number else '          '} {clean(line)}\n")
    sys.stdout.flush()


def _print_summary(plugin: str, found: list[Finding], seed: int, *, as_json: bool) -> None:
    counts = {word: sum(one.outcome == word for one in found) for word in _MARKS}
    if as_json:
        failed = [one.name for one in found if one.outcome == "failed"]
        print_json({"plugin": plugin, "seed": seed, **counts, "failures": failed})
        return
    seconds = sum(one.seconds for one in found)
    said = ", ".join(f"{count} {word}" for word, count in counts.items())
    sys.stdout.write(f"\n{plugin}: {said}, in {seconds:.0f} s; --seed {seed} does the same again\n")
