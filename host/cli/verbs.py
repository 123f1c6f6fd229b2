"""What an operator has a host do: `plughost load unload restart reload kill enable disable reset`."""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, Literal, cast

import anyio
import click
import msgspec

from host.cli.attached import ask, host_options
from host.cli.chosen import by_filter
from host.cli.exit_codes import ExitCode, exit_code
from host.cli.output import print_error, print_json
from host.cli.unguarded import agree
from host.errors import PlughostError
from host.facade.facade import Facade
from host.facade.guards import guarded_by
from host.facade.rows import PluginRow
from host.logs import clean

AT_ONCE: Final = 8
"""Plugins that are worked on at the same time."""

Dependants = Literal["ask", "unload", "keep"]
_Verb = Callable[[Facade, str, Dependants], Awaitable[PluginRow]]

_VERBS: Final[dict[str, tuple[str, _Verb]]] = {
    "load": ("Load plugins, and what they depend on.", lambda host, one, _: host.plugin_start(one)),
    "unload": ("Stop plugins, and keep them stopped.", lambda host, one, who: host.plugin_stop(one, who)),
    "restart": ("Stop plugins, and load them anew.", lambda host, one, _: host.plugin_restart(one)),
    "reload": (
        "Let new runs of plugins, as they are on the disk now, take over without a gap.",
        lambda host, one, _: host.plugin_reload(one),
    ),
    "kill": ("End plugins without grace, and keep them stopped.", lambda host, one, _: host.plugin_kill(one)),
    "enable": ("Let disabled plugins be loaded.", lambda host, one, _: host.plugin_enable(one)),
    "disable": (
        "Stop plugins, and do not let them be loaded.",
        lambda host, one, _: host.plugin_disable(one),
    ),
    "reset": ("End plugins' quarantine.", lambda host, one, _: host.plugin_reset(one)),
}


def _command(name: str, text: str, verb: _Verb) -> click.Command:
    @click.command(name, help=text)
    @click.argument("plugins", metavar="[ID]...", nargs=-1)
    @click.option("--all", "everybody", is_flag=True, help="All plugins.")
    @click.option("--filter", "wanted", help="Those that a filter takes, such as `state:error`.")
    @click.option(
        "--dependants",
        type=click.Choice(["ask", "unload", "keep"]),
        default="ask",
        help="What becomes of running plugins that need one that is unloaded.",
        hidden=name != "unload",
    )
    @click.option(
        "--yes",
        is_flag=True,
        help="Ask nothing where fail-closed hooks guard no longer.",
        hidden=name != "disable",
    )
    @click.option("--json", "--jsonl", "as_json", is_flag=True, help="Print JSON, a line for each.")
    @host_options
    def command(
        plugins: tuple[str, ...],
        everybody: bool,
        wanted: str | None,
        dependants: str,
        yes: bool,
        as_json: bool,
        data: str | None,
        socket: str | None,
    ) -> int:
        if not (plugins or everybody or wanted):
            raise click.UsageError(f"name plugins: `plughost {name} ID...`, `--filter ...` or `--all`")
        if bool(plugins) + everybody + bool(wanted) > 1:
            raise click.UsageError("found several ways to name plugins; allowed: IDs, or --filter, or --all")

        async def chosen(facade: Facade) -> Sequence[str]:
            # Each that is not there is told by the host, with near names, and the others are done.
            if plugins:
                return [*dict.fromkeys(plugins)]
            problems = await facade.problems() if wanted else ()
            return [row.id for row in by_filter(await facade.plugins(), wanted, problems)]

        async def guarding(facade: Facade) -> Mapping[str, list[str]]:
            return guarded_by(await facade.hooks(), await chosen(facade))

        async def body(facade: Facade) -> ExitCode:
            work = partial(verb, facade)
            ids = await chosen(facade)
            if not ids:
                sys.stderr.write("no plugin is meant: nothing was done\n")
            return await _each(ids, lambda one: work(one, cast("Dependants", dependants)), as_json)

        if name == "disable":
            agree(ask(guarding, data=data, socket=socket, name=name), yes=yes)
        return ask(body, data=data, socket=socket, name=name)

    return command


async def _each(ids: Sequence[str], do: Callable[[str], Awaitable[PluginRow]], as_json: bool) -> ExitCode:
    """Work on several at once; print what became of each as it comes; return the worst exit code."""
    worst = ExitCode.OK
    places = anyio.CapacityLimiter(AT_ONCE)

    async def one(plugin: str) -> None:
        nonlocal worst
        async with places:
            try:
                row = await do(plugin)
            except PlughostError as exc:
                worst = max(worst, exit_code(exc))
                print_error(exc, as_json=as_json)
            else:
                _say(row, as_json)

    async with anyio.create_task_group() as tasks:
        for plugin in ids:
            tasks.start_soon(one, plugin)
    return worst


def _say(row: PluginRow, as_json: bool) -> None:
    if as_json:
        print_json(msgspec.to_builtins(row))
        return
    pid = "" if row.pid is None else f", pid {row.pid}"
    sys.stdout.write(f"{clean(row.id)}: {row.state}{pid}\n")
    sys.stdout.flush()


load, unload, restart, reload, kill, enable, disable, reset = (
    _command(name, text, verb) for name, (text, verb) in _VERBS.items()
)
