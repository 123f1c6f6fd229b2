"""Config values: what the assignments of `plughost config set` mean. A secret is never an argument."""

import getpass
import sys
from pathlib import Path
from typing import Any

import click

from host.cli.attached_parts import AttachedConfiguration
from host.masking import is_secret_name
from host.services.configuration import Configuration
from host.services.configuration_layers import nested, read_text
from host.services.configuration_merge import merge


def changes_of(
    configuration: Configuration | AttachedConfiguration, plugin: str, assignments: tuple[str, ...]
) -> dict[str, Any]:
    """Return the changes that words KEY=VALUE, KEY=@FILE, KEY=- and KEY stand for.

    Raises:
        click.UsageError: One of them is none, or a secret stands in it.
    """
    schema = configuration.schema(plugin)
    changes: dict[str, Any] = {}
    for assignment in assignments:
        key, given, text = assignment.partition("=")
        path = tuple(key.split("."))
        if not all(path):
            raise click.UsageError(f"{key!r} is no key")
        as_argument = False
        if not given:
            text = _asked(key, secret=schema.is_secret(path) or is_secret_name(path[-1]))
        elif text == "-":
            text = sys.stdin.read().removesuffix("\n")
        elif text.startswith("@"):
            text = _read(text[1:])
        else:
            as_argument = True
        table = nested(path, read_text(text, schema.types(path)))
        if as_argument and (schema.is_secret(path) or schema.secrets(table)):
            raise click.UsageError(
                f"{key} is a secret, and arguments can be seen by others: give it as {key}=@FILE, as {key}=- "
                f"from stdin, or as {key} alone to be asked for it"
            )
        changes = merge(changes, table)
    return changes


def _asked(key: str, *, secret: bool) -> str:
    """Ask for a secret at the terminal."""
    if not secret:
        raise click.UsageError(f"{key}: found no value; allowed: {key}=VALUE. Only secrets are asked for")
    if not sys.stdin.isatty():
        raise click.UsageError(f"{key}: there is no terminal to ask at; give it as {key}=- or {key}=@FILE")
    return getpass.getpass(f"{key}: ")


def _read(name: str) -> str:
    try:
        return Path(name).read_text().removesuffix("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise click.UsageError(f"{name} can't be read: {exc}") from None
