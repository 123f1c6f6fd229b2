"""What commands print: data on stdout, everything else on stderr, nothing of a plugin's text raw."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from host.errors import PlughostError
from host.logs import clean


def print_json(value: Any) -> None:
    """Print one value as one line of JSON."""
    sys.stdout.write(_json(value) + "\n")
    sys.stdout.flush()


def print_value(value: Any) -> None:
    """Print a plugin's result for a person: text as it reads, anything else as indented JSON."""
    if isinstance(value, str):
        text = "\n".join(clean(line) for line in value.removesuffix("\n").split("\n"))
    else:
        text = _json(value, indent=2)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns that are as wide as their widest cell."""
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in table_lines(head, rows)))


def table_lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, the head first."""
    cells = [[*head], *([clean(cell) for cell in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]


def _width(cell: str) -> int:
    if cell.isascii():
        return len(cell)
    from rich.cells import cell_len

    return cell_len(cell)


def print_error(error: PlughostError, *, as_json: bool) -> None:
    """Say on stderr what went wrong and what to do about it."""
    if as_json:
        shown: Mapping[str, Any] = {"error": error.as_json()}
        sys.stderr.write(_json(shown) + "\n")
        return
    message = "\n  ".join(clean(line) for line in error.message.removesuffix("\n").split("\n"))
    sys.stderr.write(f"error [{error.code}]: {message}\n")
    if error.remedy:
        sys.stderr.write(f"  what to do: {clean(error.remedy)}\n")


def _json(value: Any, *, indent: int = -1) -> str:
    """Return a value as JSON in which every control character is an escape, beyond those JSON asks for."""
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=indent).decode()
    return "\n".join(_escaped(line) for line in text.split("\n"))


def _escaped(line: str) -> str:
    if clean(line) == line:
        return line
    return "".join(char if clean(char) == char else f"\\u{ord(char):04x}" for char in line)
