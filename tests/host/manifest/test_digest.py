import os
from collections.abc import Callable
from pathlib import Path

import pytest

from host.manifest import package_digest


@pytest.fixture
def package(tmp_path: Path) -> Path:
    package = tmp_path / "package"
    (package / "pkg").mkdir(parents=True)
    (package / "main.py").write_text("one")
    (package / "pkg" / "mod.py").write_text("two")
    (package / "link").symlink_to("main.py")
    return package


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda package: (package / "main.py").write_text("uno"),
    "a name": lambda package: (package / "main.py").rename(package / "main2.py"),
    "a new file": lambda package: (package / "pkg" / "new").touch(),
    "a removed file": lambda package: (package / "pkg" / "mod.py").unlink(),
    "a link's text": lambda package: ((package / "link").unlink(), (package / "link").symlink_to("pkg")),
    "a link in place of a file": lambda package: (
        (package / "main.py").unlink(),
        (package / "main.py").symlink_to("one"),
    ),
    "bytes moved between files": lambda package: (
        (package / "main.py").write_text("onet"),
        (package / "pkg" / "mod.py").write_text("wo"),
    ),
    "a pipe": lambda package: os.mkfifo(package / "pipe"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_digest_changes_with(package: Path, change: str):
    before = package_digest(package)
    CHANGES[change](package)
    assert package_digest(package) != before


def test_a_copy_elsewhere_with_other_times_has_the_same_digest(package: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    (copy / "pkg").mkdir(parents=True)
    (copy / "link").symlink_to("main.py")
    (copy / "pkg" / "mod.py").write_text("two")
    (copy / "main.py").write_text("one")
    os.utime(copy / "main.py", (0, 0))
    digest = package_digest(package)
    assert package_digest(copy) == digest
    assert len(bytes.fromhex(digest)) == 32


def test_what_appears_by_itself_does_not_count(package: Path):
    before = package_digest(package)
    for name in ("__pycache__", "pkg/__pycache__", ".git", ".venv"):
        (package / name).mkdir()
        (package / name / "file").write_text("x")
    (package / "pkg" / "old.pyc").write_text("x")
    assert package_digest(package) == before


def test_a_linked_folder_is_not_followed(package: Path, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (package / "data").symlink_to(outside)
    before = package_digest(package)
    (outside / "file").write_text("x")
    assert package_digest(package) == before


def test_a_folder_that_is_not_there_has_a_digest_of_its_own(package: Path):
    assert package_digest(package / "gone") == package_digest(package / "gone too")
    assert package_digest(package / "gone") != package_digest(package)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_counts_by_its_error(package: Path):
    before = package_digest(package)
    (package / "main.py").chmod(0)
    (package / "pkg").chmod(0)
    unreadable = package_digest(package)
    (package / "pkg").chmod(0o700)
    assert len({before, unreadable, package_digest(package)}) == 3


def test_a_name_that_is_no_utf_8_counts(package: Path):
    before = package_digest(package)
    Path(os.fsdecode(os.fsencode(package) + b"/\xff")).touch()
    assert package_digest(package) != before
