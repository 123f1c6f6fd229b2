"""Commands that the monitor copies take the options that it adds, behind all their words."""

from pathlib import Path

import click
import pytest

from host.cli.attached import place_options
from host.cli.main import command
from host.paths import default_data_folder
from host.tui.copying import ASK_NO_HOST, TAKE_NO_SOCKET

COPIED = (
    "call", "commands run", "config get", "events", "host", "info", "logs", "perms list", "problems",
    "prompts answer", "ps", "rpc tail", "storage get", "validate", "why",
)  # fmt: skip


@pytest.mark.parametrize("words", COPIED)
def test_a_copied_command_takes_what_names_its_host(words: str):
    context = click.Context(command)
    found: click.Command = command
    for word in words.split():
        assert isinstance(found, click.Group)
        next_one = found.get_command(context, word)
        assert next_one is not None
        found = next_one
    options = {name for one in found.params for name in one.opts}
    first = words.split()[0]
    assert ("--data" in options) == (first not in ASK_NO_HOST)
    assert ("--socket" in options) == (first not in ASK_NO_HOST | TAKE_NO_SOCKET)


def test_a_place_is_absolute_and_the_default_one_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.delenv("PLUGHOST_DATA", raising=False)
    monkeypatch.delenv("PLUGHOST_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    assert place_options(None, None) == ()
    assert place_options("d", None) == ("--data", str(tmp_path / "d"))
    assert place_options(None, "s") == ("--socket", str(tmp_path / "s"))
    assert place_options(str(default_data_folder()), None) == ()
    monkeypatch.setenv("PLUGHOST_DATA", "elsewhere")
    assert place_options(None, None) == ("--data", str(tmp_path / "elsewhere"))
