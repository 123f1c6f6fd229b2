"""What is no longer guarded once plugins are disabled: their fail-closed hooks, told and asked about before.

A hook that is in force forbids even while its plugin does not run, so taking it away must not be a slip.
"""

import sys
from collections.abc import Iterable, Mapping

import click

from host.cli.asking import confirmed, may_ask
from host.facade.facade import Facade
from host.logs import clean


async def guards(facade: Facade, plugins: Iterable[str]) -> Mapping[str, list[str]]:
    """Return the fail-closed hooks that are in force, for each of these plugins that has any."""
    ids = frozenset(plugins)
    found: dict[str, list[str]] = {}
    for row in await facade.hooks():
        if row.fail == "closed" and row.enabled and row.plugin in ids:
            hooks = found.setdefault(row.plugin, [])
            if row.hook not in hooks:
                hooks.append(row.hook)
    return found


def agree(found: Mapping[str, list[str]], *, yes: bool) -> None:
    """Say which hooks no longer guard, and ask whether that is meant; `yes` asks nothing.

    Raises:
        click.UsageError: Nobody is there to ask.
        click.Abort: It is not meant.
    """
    if not found:
        return
    lines = [f"{clean(plugin)}: {clean(', '.join(hooks))}" for plugin, hooks in found.items()]
    told = f"fail-closed hooks that guard no longer once it is disabled: {'; '.join(lines)}"
    if not yes and not may_ask():
        raise click.UsageError(f"{told}; there is no terminal to ask at: add --yes if that is meant")
    sys.stderr.write(f"{told}\n")
    if not yes and not confirmed("Disable?"):
        raise click.Abort
