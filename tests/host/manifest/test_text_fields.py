from collections.abc import Callable
from pathlib import Path

import pytest

from host.errors import Fault, ManifestError
from host.manifest import read_package
from host.manifest.text_fields import check_id, split_author
from protocol.manifest import Manifest

TomlFaults = Callable[[str], dict[str, Fault]]


def read_text(folder: Path, key: str, value: str) -> Manifest:
    """Read a manifest whose one key, the version perhaps, has this TOML value."""
    lines = {"id": '"reports"', "version": '"1"'} | {key: value}
    (folder / "plugin.toml").write_text("".join(f"{name} = {text}\n" for name, text in lines.items()))
    return read_package(folder).manifest


def faulty_paths(folder: Path, key: str, value: str) -> set[str]:
    with pytest.raises(ManifestError) as caught:
        read_text(folder, key, value)
    return {fault.path for fault in caught.value.faults}


@pytest.mark.parametrize(
    "escape",
    [r"\u0000", r"\u001b", r"\u007f", r"\u0085", r"\u009b", r"\u202e", r"\u2066", r"\u2028", r"a\nb"],
)
def test_a_control_character_in_a_text_is_a_fault(toml_faults: TomlFaults, escape: str):
    fault = toml_faults(f'category = "x{escape}y"')["category"]
    assert fault.allowed == "text without control characters"
    assert fault.found.isprintable()


def test_a_description_may_stand_on_several_lines_but_hold_no_escape(
    read_toml: Callable[[str], Manifest], toml_faults: TomlFaults
):
    assert read_toml('description = "one  two\\r\\n\\n  three\\tfour"').description == "one  two three four"
    assert set(toml_faults('description = "one\\n\\u001btwo"')) == {"description"}


def test_a_text_of_4096_characters_is_kept_and_a_longer_one_is_a_fault(
    read_toml: Callable[[str], Manifest], toml_faults: TomlFaults
):
    assert len(read_toml(f'description = "{"é" * 4096}"').description) == 4096
    fault = toml_faults(f'description = "{"é" * 4097}"')["description"]
    assert fault.allowed == "at most 4,096 characters"
    assert len(fault.found) <= 80


@pytest.mark.parametrize("good", ["a", "7", "my-plugin", "my_plugin", "a" * 63])
def test_an_id_of_the_pattern_is_taken(good: str):
    assert check_id(good) == good


@pytest.mark.parametrize("bad", ["", "A", "a.b", "-a", "a_", "a" * 64, "a\n", "é", "a b"])
def test_an_id_outside_the_pattern_is_refused(bad: str):
    with pytest.raises(ValueError, match="1 to 63"):
        check_id(bad)


@pytest.mark.parametrize(
    ("written", "split"),
    [
        ("Ada Example <ada@example.com>", ("Ada Example", "ada@example.com")),
        ("Ada Example", ("Ada Example", "")),
        ("<ada@example.com>", ("", "ada@example.com")),
        ("Ada <not an address>", ("Ada <not an address>", "")),
    ],
)
def test_an_author_is_split_into_name_and_address(written: str, split: tuple[str, str]):
    assert split_author(written) == split


def test_an_address_of_its_own_goes_before_the_authors(read_toml: Callable[[str], Manifest]):
    manifest = read_toml('author = "Ada <ada@example.com>"\nemail = "team@example.com"')
    assert (manifest.author, manifest.email) == ("Ada", "team@example.com")


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("api integration", "api_integration"),
        ("API-Integration", "api_integration"),
        ("ui theme", "theme"),
        ("ui-theme", "theme"),
        ("theme", "theme"),
        ("ai_provider", "ai_provider"),
    ],
)
def test_a_type_is_understood_in_every_spelling(
    read_toml: Callable[[str], Manifest], written: str, kind: str
):
    assert read_toml(f'type = "{written}"').type == kind


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", "1.2"),
        ("type", "5"),
        ("tags", '"x"'),
        ("author", "[]"),
        ("email", '"nobody"'),
        ("critical", "1"),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_fault(folder: Path, key: str, value: str):
    assert faulty_paths(folder, key, value) == {key}


@pytest.mark.parametrize("version", ["1", "1.2.0", "1.2.0-beta.1", "1!2.0", "2.0rc1", "v1.0"])
def test_a_version_is_kept_as_it_is_written(folder: Path, version: str):
    assert read_text(folder, "version", f'"{version}"').version == version


@pytest.mark.parametrize("version", ["", "one", "1.2.0-alpha.1.2", "1..2", "^1.0"])
def test_a_version_that_can_not_be_compared_is_a_fault(folder: Path, version: str):
    assert faulty_paths(folder, "version", f'"{version}"') == {"version"}
