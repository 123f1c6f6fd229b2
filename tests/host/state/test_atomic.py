import logging
import os
import stat
from pathlib import Path

import msgspec
import pytest

from host.state.atomic import read_json, remove_leftovers, write_atomic


class Note(msgspec.Struct):
    text: str


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_written_and_replaced_whole(tmp_path: Path, *, durable: bool) -> None:
    path = tmp_path / "note"
    write_atomic(path, b"first and longer", durable=durable)
    write_atomic(path, b"second", durable=durable)
    assert path.read_bytes() == b"second"
    assert _names(tmp_path) == ["note"]


def test_only_the_owner_may_read_unless_said_otherwise(tmp_path: Path) -> None:
    write_atomic(tmp_path / "private", b"")
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600


def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_atomic(tmp_path / "public", b"", mode=0o644)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "public").stat().st_mode) == 0o644


@pytest.mark.parametrize("step", ["fsync", "fchmod"])
def test_an_error_leaves_the_old_file_and_no_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "note"
    write_atomic(path, b"old")

    def full(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert _names(tmp_path) == ["note"]


def test_a_target_that_can_not_be_replaced_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "note" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        write_atomic(tmp_path / "note", b"new")
    assert _names(tmp_path) == ["note"]


def test_the_file_and_then_its_folder_are_synced_only_if_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    write_atomic(tmp_path / "note", b"", durable=False)
    assert synced == []
    write_atomic(tmp_path / "note", b"")
    assert synced == [False, True]


def test_a_file_is_read_as_its_type(tmp_path: Path) -> None:
    (tmp_path / "note").write_bytes(b'{"text":"hello"}')
    assert read_json(tmp_path / "note", Note) == Note("hello")


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    assert read_json(tmp_path / "note", Note) is None
    assert _names(tmp_path) == []


@pytest.mark.parametrize("broken", [b"", b"{", b'{"text":1}', b'{"text":"\xff"}', b"[" * 100_000])
def test_a_broken_file_is_moved_aside_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: bytes
) -> None:
    path = tmp_path / "note.json"
    path.write_bytes(broken)
    with caplog.at_level(logging.WARNING):
        assert read_json(path, Note) is None
    assert _names(tmp_path) == ["note.json.broken-1"]
    assert (tmp_path / "note.json.broken-1").read_bytes() == broken
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_an_earlier_broken_file_is_kept_beside_the_next(tmp_path: Path) -> None:
    for _ in range(2):
        (tmp_path / "note").write_bytes(b"{")
        read_json(tmp_path / "note", Note)
    assert _names(tmp_path) == ["note.broken-1", "note.broken-2"]


def test_what_a_killed_writer_left_is_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_atomic(tmp_path / "note", b"kept")
    (tmp_path / ".hidden").touch()
    with monkeypatch.context() as patch:
        # Without the clean-up of the failed writer, as if it had been killed in the rename.
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("killed")))  # pyright: ignore[reportUnknownLambdaType,reportUnknownArgumentType]
        patch.setattr(Path, "unlink", lambda *_, **__: None)  # pyright: ignore[reportUnknownLambdaType,reportUnknownArgumentType]
        with pytest.raises(OSError, match="killed"):
            write_atomic(tmp_path / "note", b"lost")
    assert len(_names(tmp_path)) == 3
    remove_leftovers(tmp_path)
    assert _names(tmp_path) == [".hidden", "note"]
