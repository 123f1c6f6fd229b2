"""Config values: what the assignments of a command line mean. A secret is never an argument."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from host.cli.asking import asked, may_ask
from host.errors import ContributionNotFound
from host.facade.config_pages import ConfigPage
from host.masking import is_secret_name
from host.services.configuration_layers import nested, read_text
from host.services.configuration_merge import merge
from host.services.configuration_schema import Schema
from host.tui.forms.fields import Field, fields_of
from host.tui.forms.params import as_params


def page_of(
    plugin: str, schema: Mapping[str, Any], values: Mapping[str, Any] | None = None, revision: int = 0
) -> ConfigPage:
    """Return a schema and values as forms take them."""
    return ConfigPage(
        plugin=plugin,
        schema=dict(schema),
        values=dict(values or {}),
        explained=(),
        revision=revision,
        faults=(),
    )


def asked_of(page: ConfigPage, keys: Sequence[str], *, needed: bool) -> dict[str, Any]:
    """Ask at the terminal for these keys, and what is below them, or for all; return what was typed.

    Raises:
        ContributionNotFound: There is no such key.
        click.UsageError, click.Abort: See `asking.asked`.
    """
    fields = {key: field for key, field in fields_of(page).items() if not field.read_only}
    wanted = dict(fields)
    if keys:
        for key in keys:
            if not any(known == key or known.startswith(f"{key}.") for known in fields):
                raise ContributionNotFound("setting", key, [*fields][:10])
        wanted = {
            known: field
            for known, field in fields.items()
            if any(known == key or known.startswith(f"{key}.") for key in keys)
        }
    return as_params(asked(wanted.values(), needed=needed), fields, page.schema)


def changes_of(page: ConfigPage, assignments: tuple[str, ...]) -> dict[str, Any]:
    """Return the changes that words KEY=VALUE, KEY=@FILE, KEY=- and KEY stand for; the last is asked for.

    Raises:
        click.UsageError: One of them is none, or a secret stands in it.
        click.Abort: Whoever is asked goes away.
    """
    schema = Schema(page.schema)
    changes: dict[str, Any] = {}
    for assignment in assignments:
        key, given, text = assignment.partition("=")
        path = tuple(key.split("."))
        if not all(path):
            raise click.UsageError(f"{key!r} is no key")
        as_argument = False
        if not given:
            changes = merge(changes, _asked(page, key, path, secret=schema.is_secret(path)))
            continue
        if text == "-":
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


def _asked(page: ConfigPage, key: str, path: tuple[str, ...], *, secret: bool) -> dict[str, Any]:
    """Ask at the terminal for what stands alone."""
    secret = secret or is_secret_name(path[-1])
    if not may_ask():
        given = f"{key}=- or {key}=@FILE" if secret else f"{key}=VALUE, {key}=- or {key}=@FILE"
        raise click.UsageError(
            f"{key}: found no value, and there is no terminal to ask at; give it as {given}"
        )
    if any(known == key or known.startswith(f"{key}.") for known in fields_of(page)):
        return asked_of(page, [key], needed=True)
    if not secret:
        raise click.UsageError(
            f"{key}: found no value; allowed: {key}=VALUE. Only what the schema describes is asked for"
        )
    field = Field(key, "text", {}, None, False, "", required=True, secret=True)
    return nested(path, asked([field], needed=True)[key])


def _read(name: str) -> str:
    try:
        return Path(name).read_text().removesuffix("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise click.UsageError(f"{name} can't be read: {exc}") from None
