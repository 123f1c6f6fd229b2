"""Values that commands are given: JSON as an argument, from stdin or from a file."""

import sys
from pathlib import Path
from typing import Any, cast

import click
import msgspec


def read_value(text: str, what: str = "the argument") -> Any:
    """Return what JSON says; `-` reads stdin, `@FILE` a file. What is no JSON is a usage error."""
    source = what
    if text == "-":
        text, source = sys.stdin.read(), "stdin"
    elif text.startswith("@"):
        source = text[1:]
        try:
            text = Path(source).read_text()
        except (OSError, UnicodeDecodeError) as exc:
            raise click.UsageError(f"{source} can't be read: {exc}") from exc
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise click.UsageError(f"{source}: not JSON: {exc}") from exc


def read_object(text: str) -> dict[str, Any]:
    """Return parameters given as a JSON object; see `read_value`."""
    value = read_value(text, "the parameters")
    if not isinstance(value, dict):
        source = "stdin" if text == "-" else text[1:] if text.startswith("@") else "the parameters"
        raise click.UsageError(f'{source}: must be a JSON object such as {{"name": "Ada"}}')
    return cast("dict[str, Any]", value)
