"""Files that are only appended to: bounds, torn ends, and batches that are whole or not there."""

import os
from pathlib import Path

import pytest

from host.state.rotating_file import RotatingFile, read_rotated


def test_a_file_is_bounded_by_lines_and_the_older_one_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "calls"
    file = RotatingFile(path, files=2, most_lines=10)
    for number in range(95):
        file.append(b"%d\n" % number)
    lines = [int(line) for line in read_rotated(path, 2)]
    assert lines[-1] == 94
    assert lines == [*range(lines[0], 95)]
    assert 10 <= len(lines) <= 20


def test_a_later_process_goes_on_counting(tmp_path: Path) -> None:
    path = tmp_path / "calls"
    for number in range(95):
        RotatingFile(path, files=2, most_lines=10).append(b"%d\n" % number)
    assert 10 <= len(read_rotated(path, 2)) <= 20


def test_a_file_is_bounded_by_bytes_in_as_many_files_as_are_wanted(tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    file = RotatingFile(path, files=3, most_bytes=100)
    for number in range(50):
        file.append(b"%03d %s\n" % (number, b"x" * 45))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["one.log", "one.log.1", "one.log.2"]
    assert all(one.stat().st_size <= 100 for one in tmp_path.iterdir())
    assert [line[:3] for line in read_rotated(path, 3)][-1] == b"049"


@pytest.mark.parametrize("batch", [1, 3, 10, 50])
def test_a_batch_of_any_length_keeps_the_bound_and_its_lines(tmp_path: Path, batch: int) -> None:
    path = tmp_path / "one.log"
    file = RotatingFile(path, files=100, most_bytes=100)
    lines = [b"%03d %s" % (number, b"x" * (number % 45)) for number in range(100)]
    for begin in range(0, 100, batch):
        file.append(b"".join(line + b"\n" for line in lines[begin : begin + batch]))
    assert read_rotated(path, 100) == lines
    assert all(one.stat().st_size <= 100 for one in tmp_path.iterdir())


def test_a_line_that_is_longer_than_a_file_has_one_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    file = RotatingFile(path, files=9, most_bytes=10)
    file.append(b"a\n" + b"b" * 30 + b"\nc\n")
    assert read_rotated(path, 9) == [b"a", b"b" * 30, b"c"]
    assert path.read_bytes() == b"c\n"


def test_with_one_file_the_old_lines_go(tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    file = RotatingFile(path, files=1, most_bytes=10)
    file.append(b"0123456789\n")
    file.append(b"new\n")
    assert path.read_bytes() == b"new\n"


def test_a_torn_last_line_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "one"
    path.write_bytes(b"whole\nto")
    RotatingFile(path, files=2, most_lines=10).append(b"next\n")
    assert path.read_bytes() == b"whole\nto\nnext\n"


def test_of_a_batch_that_does_not_fit_nothing_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one"
    file = RotatingFile(path, files=2, most_lines=10)
    file.append(b"before\n")
    write = os.write
    written: list[int] = []

    def full(descriptor: int, data: memoryview) -> int:
        if written:
            raise OSError(28, "No space left on device")
        written.append(write(descriptor, data[:3]))
        return written[0]

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        file.append(b"a batch\n")
    monkeypatch.undo()
    assert path.read_bytes() == b"before\n"


def test_a_file_that_was_removed_meanwhile_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "one"
    file = RotatingFile(path, files=2, most_bytes=100)
    file.append(b"before\n")
    path.unlink()
    file.append(b"after\n")
    assert path.read_bytes() == b"after\n"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"")
    (tmp_path / "one").symlink_to(tmp_path / "target")
    with pytest.raises(OSError):  # noqa: PT011 - its number differs between systems
        RotatingFile(tmp_path / "one", files=2, most_bytes=100).append(b"a\n")
    assert (tmp_path / "target").read_bytes() == b""
