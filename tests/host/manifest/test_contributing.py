"""What needs no entry point because it only adds to interfaces, and what does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from host.errors import Fault
from protocol.manifest import Manifest

UI = '[[ui]]\nkind = "{kind}"\nname = "note"\ncomponent = "note.md"\n'
ANSWERED = {
    "commands": "[commands]\nsync = 'now'\n",
    "hooks": "[[hooks]]\nhook = 'message.before_send'\nhandler = 'look'\n",
    "endpoints": "[[endpoints]]\npath = '/x'\nhandler = 'look'\n",
    "subscriptions": "[[subscriptions]]\ntopics = ['a.b']\nhandler = 'look'\n",
    "triggers": "[[triggers]]\nevent = 'a.b'\nhandler = 'look'\n",
    "schedules": "[[schedules]]\nevery = '1h'\nhandler = 'look'\n",
}


@pytest.fixture(autouse=True)
def no_code(folder: Path) -> None:
    """The folder has no `main.py`."""
    (folder / "main.py").unlink()


@pytest.mark.parametrize(
    "text",
    [
        *(UI.format(kind=kind) for kind in ("widget", "menu_item", "settings_page")),
        '[ui_components]\nnote = "note.md"\n',
        '[theme.colors]\nprimary = "#6366f1"\n',
    ],
)
def test_any_addition_to_an_interface_does_without_an_entry_point(
    read_toml: Callable[[str], Manifest], text: str
):
    assert not read_toml(text).has_program


@pytest.mark.parametrize("key", ANSWERED)
def test_what_a_process_has_to_answer_needs_one(toml_faults: Callable[[str], dict[str, Fault]], key: str):
    faults = toml_faults(UI.format(kind="widget") + ANSWERED[key])
    assert set(faults) == {key}
    assert "no entry point" in faults[key].found
    assert "main.py" in faults[key].allowed


def test_with_an_entry_point_it_is_fine(folder: Path, read_toml: Callable[[str], Manifest]):
    (folder / "main.py").touch()
    assert read_toml(UI.format(kind="widget") + "".join(ANSWERED.values())).has_program


def test_one_that_adds_nothing_is_told_of_the_entry_point_alone(
    toml_faults: Callable[[str], dict[str, Fault]],
):
    assert set(toml_faults("".join(ANSWERED.values()))) == {"entry_point"}


def test_a_broken_entry_point_is_told_without_what_follows_from_it(
    toml_faults: Callable[[str], dict[str, Fault]],
):
    faults = toml_faults('entry_point = "gone.py"\n' + UI.format(kind="widget") + ANSWERED["hooks"])
    assert set(faults) == {"entry_point"}
