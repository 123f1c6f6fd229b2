"""What nothing guards once plugins are disabled: their fail-closed hooks, told and asked about before."""

import sys
from collections.abc import Mapping

import click

from host.cli.asking import confirmed, may_ask
from host.logs import clean


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
