import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from host.errors import AlreadyRunning, SettingsError, UnsupportedPlatform
from host.state.lock import open_data_folder

_HOLDER = """
import sys
from pathlib import Path
from host.state.lock import open_data_folder
with open_data_folder(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


def _start_holder(folder: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    return holder


def test_a_missing_folder_is_created_for_its_owner_alone(tmp_path: Path) -> None:
    with open_data_folder(tmp_path / "deep" / "data") as folder:
        assert folder.path == tmp_path / "deep" / "data"
        assert not folder.ephemeral
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder.path / "lock").stat().st_mode) == 0o600


def test_the_lock_names_its_holder(tmp_path: Path) -> None:
    with open_data_folder(tmp_path / "data"):
        assert int((tmp_path / "data" / "lock").read_text()) == os.getpid()


def test_a_second_holder_in_the_same_process_is_refused(tmp_path: Path) -> None:
    with open_data_folder(tmp_path / "data"):
        with pytest.raises(AlreadyRunning) as caught:
            open_data_folder(tmp_path / "data")
        assert caught.value.data["pid"] == os.getpid()
        assert str(os.getpid()) in caught.value.message


def test_a_second_process_is_refused_and_told_the_pid_of_the_first(tmp_path: Path) -> None:
    holder = _start_holder(tmp_path / "data")
    with holder:
        with pytest.raises(AlreadyRunning) as caught:
            open_data_folder(tmp_path / "data")
        assert caught.value.data["pid"] == holder.pid
        holder.communicate(timeout=10)
    open_data_folder(tmp_path / "data").close()


def test_the_lock_of_a_killed_host_is_taken_over(tmp_path: Path) -> None:
    with _start_holder(tmp_path / "data") as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait(timeout=10)
    assert int((tmp_path / "data" / "lock").read_text()) == holder.pid
    with open_data_folder(tmp_path / "data"):
        assert int((tmp_path / "data" / "lock").read_text()) == os.getpid()


def test_a_holder_that_has_not_written_its_pid_is_just_another_host(tmp_path: Path) -> None:
    with open_data_folder(tmp_path / "data"):
        (tmp_path / "data" / "lock").write_text("")
        with pytest.raises(AlreadyRunning, match="another host holds") as caught:
            open_data_folder(tmp_path / "data")
        assert caught.value.data["pid"] is None


def test_a_closed_folder_can_be_opened_again_and_closing_twice_is_fine(tmp_path: Path) -> None:
    folder = open_data_folder(tmp_path / "data")
    folder.close()
    folder.close()
    with open_data_folder(tmp_path / "data"):
        folder.close()
        with pytest.raises(AlreadyRunning):
            open_data_folder(tmp_path / "data")


def test_a_child_does_not_inherit_the_lock(tmp_path: Path) -> None:
    folder = open_data_folder(tmp_path / "data")
    command = [sys.executable, "-c", "print('ready', flush=True); input()"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, close_fds=False
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        folder.close()
        open_data_folder(tmp_path / "data").close()
        child.communicate("\n", timeout=10)


def test_without_a_path_a_temporary_folder_lives_as_long_as_the_host() -> None:
    with open_data_folder(None) as folder:
        assert folder.ephemeral
        assert folder.path.name.startswith("plughost-")
        (folder.path / "plugins").mkdir()
        (folder.path / "plugins" / "x.json").touch()
    assert not folder.path.exists()


def test_a_temporary_folder_that_stays_behind_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = open_data_folder(None)
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)  # pyright: ignore[reportUnknownLambdaType,reportUnknownArgumentType]
    folder.close()
    assert [record.message for record in caplog.records] == ["the temporary data folder could not be removed"]


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(SettingsError, match="symbolic link"):
        open_data_folder(tmp_path / "link")
    assert list((tmp_path / "real").iterdir()) == []


def test_a_lock_that_is_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "data" / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(SettingsError, match="can't be used"):
        open_data_folder(tmp_path / "data")
    assert (tmp_path / "precious").read_text() == "kept"


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Giving a folder away needs root, being somebody else does not.
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(SettingsError, match="belongs to user"):
        open_data_folder(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_a_folder_that_everybody_may_write_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o777)
    with pytest.raises(SettingsError, match="everybody may write"):
        open_data_folder(tmp_path / "data")


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(SettingsError, match="File exists") as caught:
        open_data_folder(tmp_path / "data")
    assert caught.value.data["folder"] == str(tmp_path / "data")


def test_where_there_is_no_flock_nothing_is_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(UnsupportedPlatform):
        open_data_folder(tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: -5)
    with pytest.raises(SettingsError):
        open_data_folder(None)
    assert list(tmp_path.iterdir()) == []
