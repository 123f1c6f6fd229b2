"""The host's own log in a file: rotated, under a bound, and no reason to end."""

import json
import signal
from pathlib import Path

import pytest

from host.cli.log_file import LogFile
from tests.cli.conftest import EXAMPLES, Shell


def test_a_host_logs_into_the_file_that_the_settings_name(shell: Shell):
    (shell.folder / "plughost.toml").write_text('[log]\npath = "logs/host.log"\nformat = "json"\n')
    with shell.start("run", str(EXAMPLES / "hello"), "--data", "data") as running:
        running.until("all loaded")
        assert (shell.folder / "logs" / "host.log").stat().st_mode & 0o777 == 0o600
        lines = [json.loads(line) for line in (shell.folder / "logs" / "host.log").read_text().splitlines()]
        assert any(line["message"] == "loading -> active" for line in lines)
        assert "loading -> active" not in running.seen


def test_a_file_that_cannot_be_written_is_a_fault_of_the_settings(shell: Shell):
    (shell.folder / "plughost.toml").write_text('[log]\npath = "/proc/none/host.log"\n')
    shown = shell.run("run", EXAMPLES / "hello", "--data", "data")
    assert shown.code == 3
    assert "log.path: /proc/none/host.log can't be written" in shown.err


def test_all_of_it_stays_under_the_bound(tmp_path: Path):
    log = LogFile(tmp_path / "host.log", files=3, most_bytes=1_000)
    for number in range(500):
        log.write(f"record {number:04}\n")
    found = sorted(tmp_path.iterdir())
    assert [path.name for path in found] == ["host.log", "host.log.1", "host.log.2"]
    assert all(path.stat().st_size <= 1_000 for path in found)
    assert "record 0499\n" in (tmp_path / "host.log").read_text()


def test_a_host_that_logs_a_lot_stays_under_the_bound_and_every_line_is_whole(shell: Shell):
    (shell.folder / "plughost.toml").write_text(
        '[log]\npath = "logs/host.log"\nformat = "json"\nfile_size = "64k"\nfiles = 2\n'
    )
    talks = """
from plugin_sdk import Plugin, method


class Talks(Plugin):
    @method
    def talk(self, lines: int) -> None:
        for number in range(lines):
            self.log.info("x" * 400, number=number)
"""
    folder = shell.plugin("talks", talks)
    with shell.start("run", str(folder), "--data", "data") as running:
        running.until("all loaded")
        assert shell.run("call", "talks", "talk", '{"lines": 600}', "--data", "data").code == 0
        running.signal(signal.SIGTERM)
        assert running.end().code == 0
    logs = [*(shell.folder / "logs").iterdir(), *(shell.folder / "data" / "logs").glob("talks.log*")]
    assert {path.name for path in logs} == {"host.log", "host.log.1", "talks.log", "talks.log.1"}
    assert all(path.stat().st_size <= 64 * 1024 for path in logs)
    for path in (shell.folder / "logs").iterdir():
        assert all(json.loads(line)["message"] for line in path.read_text().splitlines())


def test_a_file_that_is_moved_away_is_made_anew(tmp_path: Path):
    log = LogFile(tmp_path / "host.log", files=2, most_bytes=1_000)
    log.write("one\n")
    (tmp_path / "host.log").rename(tmp_path / "moved")
    log.write("two\n")
    assert (tmp_path / "host.log").read_text() == "two\n"


def test_a_full_disk_loses_lines_and_says_so_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "host.log"
    path.symlink_to("/dev/full")  # a link is not followed: it takes nothing
    log = LogFile(path, files=2, most_bytes=1_000)
    log.write("one\n")
    log.write("two\n")
    said = capsys.readouterr().err
    assert said.count("can't be written, the host goes on") == 1
    path.unlink()
    log.write("three\n")
    assert path.read_text() == "2 records of this log were lost: the disk took nothing\nthree\n"
