"""New plugins, one of each kind: valid at once, with nothing to warn of."""

from pathlib import Path

import pytest

from host.devtools.code_check import check_code
from host.devtools.create import SUMMARIES, create
from host.devtools.refused import Refused
from host.manifest import read_package
from host.manifest.text_fields import TYPE_NAMES


def test_every_kind_has_a_template():
    assert set(SUMMARIES) == set(TYPE_NAMES)


@pytest.mark.parametrize("kind", SUMMARIES)
def test_a_new_plugin_of_each_kind_is_valid_and_nothing_is_to_warn_of(kind: str, tmp_path: Path):
    folder, files = create("my-plugin_2", kind, tmp_path)
    assert files == ("plugin.toml", "main.py", "tests/test_my_plugin_2.py", "README.md")
    package = read_package(folder)
    assert package.warnings == ()
    assert (package.manifest.id, package.manifest.type) == ("my-plugin_2", kind)
    assert check_code(package) == ()


def test_a_name_that_begins_with_a_digit_still_makes_a_class(tmp_path: Path):
    folder, _ = create("2fa", "extension", tmp_path)
    assert read_package(folder).manifest.entry_points == ("main:Plugin2fa",)


@pytest.mark.parametrize("name", ["Bad", "a b", "-a", "a.b", "", "../up", "x" * 64])
def test_a_name_that_is_no_id_is_refused_and_says_what_is_allowed(name: str, tmp_path: Path):
    with pytest.raises(Refused, match="1 to 63 of a-z"):
        create(name, "cli", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_alone(tmp_path: Path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(Refused, match="is there already"):
        create("mine", "cli", tmp_path)
    assert list((tmp_path / "mine").iterdir()) == []


def test_an_unknown_kind_names_those_that_there_are(tmp_path: Path):
    with pytest.raises(Refused, match="ai_provider"):
        create("mine", "robot", tmp_path)


def test_a_place_that_can_not_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="can't be written"):
        create("mine", "cli", tmp_path / "file")
