import os
from pathlib import Path

import pytest

from host.errors import Fault
from host.manifest.documents import MAX_DOCUMENT_BYTES, read_document
from host.manifest.faults import FaultList


def read(folder: Path, name: str, data: bytes | str) -> tuple[object, list[Fault]]:
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return read_again(folder, name)


def read_again(folder: Path, name: str) -> tuple[object, list[Fault]]:
    faults = FaultList(str(folder), name)
    document = read_document(folder.resolve(), name, faults)
    return document, list(faults.as_error().faults)


def test_a_json_error_names_line_and_column(tmp_path: Path):
    document, (fault,) = read(tmp_path, "plugin.json", '{"name": "x",\n "version" 1}')
    assert document is None
    assert (fault.path, fault.allowed) == ("line 2, column 12", "JSON")


def test_a_toml_error_names_line_and_column(tmp_path: Path):
    document, (fault,) = read(tmp_path, "plugin.toml", 'id = "x"\nversion = = 1')
    assert document is None
    assert (fault.path, fault.allowed) == ("line 2, column 11", "TOML")


def test_each_repeated_json_key_is_a_fault(tmp_path: Path):
    _, faults = read(tmp_path, "plugin.json", '{"name": 1, "name": 2, "limits": {"cpu": 1, "cpu": 2}}')
    assert {fault.path for fault in faults} == {"name", "cpu"}


@pytest.mark.parametrize(("name", "data"), [("a.json", b'{"name": "\xff"}'), ("a.toml", b'name = "\xff"')])
def test_bytes_that_are_not_utf_8_are_a_fault_with_their_offset(tmp_path: Path, name: str, data: bytes):
    _, (fault,) = read(tmp_path, name, data)
    assert fault.allowed == "UTF-8 text"
    assert fault.found == f"byte 0xff at offset {data.index(0xFF)}"


@pytest.mark.parametrize("text", ["[]", '"x"', "1", "null", "true"])
def test_a_document_that_is_no_object_is_a_fault(tmp_path: Path, text: str):
    _, (fault,) = read(tmp_path, "plugin.json", text)
    assert fault.allowed == "an object"


def test_a_document_at_the_bound_is_read_and_one_over_it_is_a_fault(tmp_path: Path):
    exact = "{}" + " " * (MAX_DOCUMENT_BYTES - 2)
    assert read(tmp_path, "plugin.json", exact) == ({}, [])
    _, (fault,) = read(tmp_path, "plugin.json", exact + " ")
    assert fault.allowed == "at most 256 KiB"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"a": NaN}'),
        ("a.json", '{"a": -1e999}'),
        ("a.json", '{"a": 18446744073709551616}'),
        ("a.json", '{"a": "\\ud800"}'),
        ("a.toml", "a = inf"),
        ("a.toml", "a = 2025-01-01"),
    ],
)
def test_a_value_that_could_not_be_sent_on_as_json_is_a_fault(tmp_path: Path, name: str, text: str):
    document, (fault,) = read(tmp_path, name, text)
    assert document is None
    assert fault.path == "a"


@pytest.mark.parametrize("depth", [65, 100_000])
@pytest.mark.parametrize(("name", "start", "end"), [("a.json", '{"a": ', "}"), ("a.toml", "a = ", "")])
def test_deep_nesting_is_a_fault(tmp_path: Path, name: str, start: str, end: str, depth: int):
    _, faults = read(tmp_path, name, start + "[" * depth + "]" * depth + end)
    assert [fault.found for fault in faults] == ["values nested too deep"]


def test_an_integer_of_thousands_of_digits_is_a_fault(tmp_path: Path):
    for name, text in (("a.json", '{"a": %s}'), ("a.toml", "a = %s")):
        assert len(read(tmp_path, name, text % ("9" * 5_000))[1]) == 1
    _, (fault,) = read(tmp_path, "a.toml", "a = 0x" + "f" * 5_000)
    assert fault.found == "an integer too long to show"


def test_a_document_that_links_out_of_the_folder_is_a_fault(tmp_path: Path):
    (tmp_path / "secret.json").write_text("{}")
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "plugin.json").symlink_to("../secret.json")
    document, (fault,) = read_again(folder, "plugin.json")
    assert document is None
    assert fault.allowed == "a file inside the folder"


def test_a_named_pipe_is_a_fault_and_nobody_waits_for_its_writer(tmp_path: Path):
    os.mkfifo(tmp_path / "plugin.json")
    assert read_again(tmp_path, "plugin.json")[1][0].allowed == "a regular file"


def test_a_folder_in_place_of_a_document_is_a_fault(tmp_path: Path):
    (tmp_path / "plugin.json").mkdir()
    assert len(read_again(tmp_path, "plugin.json")[1]) == 1


def test_a_link_to_itself_is_a_fault(tmp_path: Path):
    (tmp_path / "plugin.json").symlink_to("plugin.json")
    assert read_again(tmp_path, "plugin.json")[1][0].allowed == "a file that the host can read"


def test_a_byte_order_mark_is_passed_over(tmp_path: Path):
    assert read(tmp_path, "plugin.json", b'\xef\xbb\xbf{"name": "x"}') == ({"name": "x"}, [])
