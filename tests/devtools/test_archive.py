"""Archives: the same bytes for the same files, with nothing in them that is not the plugin's."""

import hashlib
import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from host.devtools import archive as archives
from host.devtools.archive import Archive, pack
from host.devtools.create import create
from host.devtools.refused import Refused
from host.manifest import read_package


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return create("sample", "cli", tmp_path)[0]


def opened(archive: Archive) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(archive.content))


def test_the_same_files_make_the_same_bytes(folder: Path, tmp_path: Path):
    first = pack(read_package(folder))
    copy = tmp_path / "elsewhere" / "sample"
    shutil.copytree(folder, copy)
    for number, file in enumerate(sorted(copy.rglob("*"), reverse=True)):
        os.utime(file, (number, number))
        if file.is_file():
            file.chmod(0o600)
    second = pack(read_package(copy))
    assert first.content == second.content
    assert first.digest == hashlib.sha256(second.content).hexdigest()
    assert first.name == "sample-0.1.0.zip"


def test_another_content_or_name_makes_other_bytes(folder: Path):
    first = pack(read_package(folder))
    (folder / "README.md").write_text("other")
    assert pack(read_package(folder)).digest != first.digest


def test_caches_environments_hidden_files_and_tests_stay_out(folder: Path):
    for name in (
        ".venv/x.py",
        ".git/config",
        "__pycache__/main.pyc",
        "assets/a.txt",
        "assets/tests/b.txt",
        "c.pyc",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    made = pack(read_package(folder))
    assert made.files == ("README.md", "assets/a.txt", "assets/tests/b.txt", "main.py", "plugin.toml")
    assert set(made.left_out) == {".venv", ".git", "__pycache__", "c.pyc", "tests"}
    assert "tests/test_sample.py" in pack(read_package(folder), tests=True).files


def test_the_checksums_are_those_of_the_files(folder: Path):
    with opened(pack(read_package(folder))) as packed:
        names = packed.namelist()
        assert names == sorted(names)
        rows = dict(line.split("  ")[::-1] for line in packed.read("checksums").decode().splitlines())
        assert set(rows) == set(names) - {"checksums"}
        assert all(hashlib.sha256(packed.read(name)).hexdigest() == digest for name, digest in rows.items())


def test_what_may_be_run_stays_so(folder: Path):
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o700)
    with opened(pack(read_package(folder))) as packed:
        modes = {row.filename: row.external_attr >> 16 & 0o777 for row in packed.infolist()}
    assert (modes["run.sh"], modes["main.py"]) == (0o755, 0o644)


def test_an_archive_in_the_folder_is_not_packed_itself(folder: Path):
    first = pack(read_package(folder))
    output = folder / "out.zip"
    output.write_bytes(first.content)
    assert pack(read_package(folder), beside=output).content == first.content


@pytest.mark.parametrize("name", ["checksums", "nul.txt", "con"])
def test_a_name_that_can_not_be_is_refused(name: str, folder: Path):
    (folder / name).write_text("x")
    with pytest.raises(Refused, match=name):
        pack(read_package(folder))


def test_links_are_refused(folder: Path):
    (folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(Refused, match="link: a link"):
        pack(read_package(folder))


def test_what_no_host_would_install_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "MAX_BYTES", 1024 * 1024)
    (folder / "model.bin").write_bytes(b"x" * 1024 * 1024)
    with pytest.raises(Refused, match="more than 1 MiB together"):
        pack(read_package(folder))
