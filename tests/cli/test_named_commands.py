"""Commands that texts of the product and its documentation name are there."""

import re
from pathlib import Path

import click
import pytest

from host.cli.main import ALIASES, COMMANDS, HIDDEN, command

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    [
        *(ROOT / "host").rglob("*.py"),
        *(ROOT / "plugin_sdk").rglob("*.py"),
        *(ROOT / "docs").glob("*.md"),
        ROOT / "README.md",
    ]
)
NAMED = re.compile(r"(?<![=\w/-])plughost ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?")
WORDS = {"a", "and", "is", "are", "has", "that", "by", "on", "in", "the"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_named_is_there(source: Path):
    context = click.Context(command)
    for found in NAMED.finditer(source.read_text(encoding="utf-8")):
        name, below = found.groups()
        if name in WORDS:
            continue
        assert name in (*COMMANDS, *ALIASES, *HIDDEN), found[0]
        one = command.get_command(context, name)
        if isinstance(one, click.Group) and below is not None and below not in WORDS:
            assert below in one.list_commands(context), found[0]
