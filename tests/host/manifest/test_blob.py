import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import Fault, ManifestError
from host.manifest import check_blob, pack_blob, package_digest, read_package, unpack_blob
from host.manifest.blob import MAX_BLOB_BYTES, MAX_FILES
from host.manifest.blob_names import NameBook
from protocol.permissions import Permission

MANIFEST: dict[str, Any] = {
    "name": "example-plugin",
    "version": "1.0.0",
    "description": "Example plugin for demonstration",
    "author": "Plugin Developer",
    "main": "main.py",
    "permissions": [
        {"resource": "messages", "actions": ["read", "send"]},
        {"resource": "storage", "actions": ["read", "write"]},
    ],
}
FILES: dict[str, Any] = {"main.py": "# the plugin\n", "assets/help.md": "# Help\n"}


def blob(manifest: object = MANIFEST, files: object = FILES, **more: object) -> bytes:
    return json.dumps({"manifest": manifest, "files": files, **more}).encode()


def faults_of(data: bytes, folder: Path) -> dict[str, Fault]:
    target = folder / "target"
    with pytest.raises(ManifestError) as caught:
        unpack_blob(data, target, "blob.json")
    assert list(folder.iterdir()) == []
    return {fault.path: fault for fault in caught.value.faults}


def test_a_blob_becomes_a_folder_with_its_manifest_and_files(tmp_path: Path):
    package = unpack_blob(blob(), tmp_path / "target", "blob.json")
    assert package.folder == (tmp_path / "target").resolve()
    assert package.file.name == "manifest.json"
    assert package.manifest.entry_points == ("main.py",)
    assert package.manifest.permissions == (
        Permission("messages", "read"),
        Permission("messages", "send"),
        Permission("storage", "read"),
        Permission("storage", "write"),
    )
    assert (package.folder / "assets" / "help.md").read_text() == "# Help\n"
    assert read_package(tmp_path / "target").manifest == package.manifest
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_javascript_plugin_is_one_fault_that_says_to_port_it(tmp_path: Path):
    found = faults_of(blob(MANIFEST | {"main": "index.js"}, {"index.js": "module.exports = {}"}), tmp_path)
    assert set(found) == {"manifest.main"}
    assert found["manifest.main"].allowed.startswith("JavaScript plugin: port the entry point")


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "../x", "a/../../x", "a\\b", "C:x", "", ".", "a//b", "a/", "a\0b", "a\nb", "x" * 300,
        "/".join("a" * 20), "nul", "COM1.txt", "a.", "a ", "\ud800", "\u202ea",
    ],
)  # fmt: skip
def test_a_name_that_is_not_safe_everywhere_is_refused(tmp_path: Path, name: str):
    found = faults_of(blob(files=FILES | {name: ""}), tmp_path)
    assert len(found) == 1
    assert next(iter(found)).startswith("files.") or "manifest" in next(iter(found))


@pytest.mark.parametrize(
    "pair", [("Help.md", "help.MD"), ("\u00e9", "e\u0301"), ("a", "a/b"), ("a/b", "A"), ("ss", "\u00df")]
)
def test_two_names_that_are_one_on_some_file_system_are_refused(tmp_path: Path, pair: tuple[str, str]):
    assert len(faults_of(blob(files=FILES | dict.fromkeys(pair, "")), tmp_path)) == 1


def test_faults_of_names_contents_and_the_manifest_are_told_at_once(tmp_path: Path):
    manifest = MANIFEST | {"version": "new", "permissions": ["storag"]}
    files = FILES | {"../x": "", "y": 5, "z": {"base64": "?"}, "q": {"text": "", "mode": 1}}
    found = faults_of(blob(manifest, files, more=1), tmp_path)
    assert set(found) == {
        "more",
        "files.'../x'",
        "files.y",
        "files.z",
        "files.q",
        "manifest.version",
        "manifest.permissions.0",
    }


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b"[]", ""),
        (b"{", "line 1, column 2"),
        (b"\xff", ""),
        (b"{}", "files"),
        (b'{"manifest": {}, "manifest": {}, "files": {}}', "manifest"),
        (b" " * (MAX_BLOB_BYTES + 1), ""),
        (b"[" * 100_000, ""),
        (blob(files=[]), "files"),
        (blob(files={f"f{number}": "" for number in range(MAX_FILES + 1)}), "files"),
        (blob(files={"host/x.py": "", **FILES}), ""),
        (blob(manifest=None), "manifest"),
    ],
)
def test_what_is_no_blob_is_a_fault(tmp_path: Path, data: bytes, path: str):
    assert path in faults_of(data, tmp_path)


def test_a_folder_that_exists_is_left_alone(tmp_path: Path):
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "mine").touch()
    with pytest.raises(FileExistsError):
        unpack_blob(blob(), tmp_path / "target", "blob.json")
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["mine"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_manifest_among_the_files_must_say_the_same(tmp_path: Path):
    same = FILES | {"manifest.json": json.dumps(MANIFEST)}
    assert unpack_blob(blob(files=same), tmp_path / "a", "blob.json").manifest.id == "example-plugin"
    other = FILES | {"manifest.json": json.dumps(MANIFEST | {"version": "2"})}
    (tmp_path / "b").mkdir()
    assert "manifest" in faults_of(blob(files=other), tmp_path / "b")


def test_a_folder_becomes_a_blob_and_the_same_folder_again(folder: Path, tmp_path: Path):
    (folder / "plugin.toml").write_text('id = "reports"\nversion = "1.2.0"\nentry_point = "main.py"\n')
    (folder / "icon.png").write_bytes(bytes(range(256)))
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "main.pyc").touch()
    data = pack_blob(folder)
    assert base64.b64encode(bytes(range(256))) in data
    package = unpack_blob(data, tmp_path / "again", "blob.json")
    assert package.manifest == read_package(folder).manifest
    assert package_digest(package.folder) == package_digest(folder)
    assert os.access(package.folder / "run.sh", os.X_OK)


def test_a_link_does_not_fit_into_a_blob(folder: Path):
    (folder / "plugin.toml").write_text('id = "reports"\nversion = "1.2.0"\n')
    (folder / "link").symlink_to("main.py")
    with pytest.raises(ManifestError) as caught:
        pack_blob(folder)
    assert [fault.file for fault in caught.value.faults] == ["link"]


def test_a_blob_is_checked_without_a_trace(tmp_path: Path):
    file = tmp_path / "blob.json"
    file.write_bytes(blob())
    assert check_blob(file).manifest.id == "example-plugin"
    with pytest.raises(ManifestError, match="No such file"):
        check_blob(tmp_path / "gone.json")
    assert list(tmp_path.iterdir()) == [file]


@given(st.text(max_size=30) | st.text(st.sampled_from("./\\aA:~ \0"), max_size=12))
def test_no_name_that_is_taken_in_leads_out_of_the_folder(name: str):
    if NameBook().fault(name):
        return
    path = os.path.normpath(Path("/base") / name)
    assert path.startswith("/base/")
    assert path == f"/base/{name}"


@given(st.lists(st.text(st.sampled_from("aA/\u00e9"), min_size=1, max_size=4), max_size=6))
def test_names_that_are_taken_in_are_apart_when_folded(names: list[str]):
    book = NameBook()
    kept = [name for name in names if not book.fault(name)]
    assert len({name.casefold() for name in kept}) == len(kept)
