import gzip
import re
import signal
from pathlib import Path

import pytest

from host.control.recording import read_recording
from tests.cli.conftest import EXAMPLES, Shell

HELLO = EXAMPLES / "hello"


def test_a_running_host_is_backed_up_and_the_copy_runs(shell: Shell):
    with shell.start("run", HELLO, "--data", "data") as running:
        running.until("^all loaded$")
        done = shell.run("backup", "b", "--data", "data")
        assert done.code == 0, done.err
        running.signal(signal.SIGTERM)
        assert running.end().code == 0
    restored = shell.run("restore", "b", "--data", "new")
    assert restored.code == 0, restored.err
    with shell.start("run", HELLO, "--data", "new") as running:
        running.until("^all loaded$")
        running.signal(signal.SIGTERM)
        assert running.end().code == 0


def test_configuration_is_in_the_backup_of_a_host_that_does_not_run(shell: Shell):
    kept = shell.run("config", "set", "hello", "greeting=Moin", "--data", "data", "--dir", HELLO)
    assert kept.code == 0, kept.err
    assert shell.run("backup", "b", "--data", "data").code == 0
    assert shell.run("restore", "b", "--data", "new").code == 0
    with shell.start("run", HELLO, "--data", "new") as running:
        running.until("hello is ready  greeting=Moin")
        running.signal(signal.SIGTERM)
        assert running.end().code == 0


def test_a_backup_of_nothing_and_a_restore_over_something_are_refused(shell: Shell):
    assert shell.run("backup", "b", "--data", "nowhere").code == 3
    (shell.folder / "data").mkdir(mode=0o700)
    (shell.folder / "data" / "mine").write_text("")
    assert shell.run("backup", "b", "--data", "data").code == 0
    again = shell.run("restore", "b", "--data", "data")
    assert again.code == 3
    assert "is not empty" in again.err


def test_metrics_are_printed_or_replace_a_file_that_others_may_read(shell: Shell):
    out = shell.folder / "host.prom"
    with shell.start("run", HELLO, "--data", "data") as running:
        running.until("^all loaded$")
        shown = shell.run("metrics", "--data", "data")
        assert shown.code == 0, shown.err
        assert 'plughost_plugin_up{plugin="hello"} 1\n' in shown.out
        _is_prometheus_text(shown.out)
        out.write_text("old")
        assert shell.run("metrics", "--data", "data", "--out", out).code == 0
        assert shell.run("metrics", "--data", "data", "--out", "nowhere/x").code == 2
        running.signal(signal.SIGTERM)
        running.end()
    assert out.read_text().startswith("# HELP plughost_host_info")
    assert out.stat().st_mode & 0o777 == 0o644
    assert not [one for one in shell.folder.iterdir() if one.name.startswith(".host.prom")]


def _is_prometheus_text(text: str) -> None:
    """Hold a text against the format: each family is told once, before its samples, which stand together."""
    assert text.endswith("\n")
    kinds: dict[str, str] = {}
    samples: set[str] = set()
    family = ""
    for line in text.splitlines():
        if told := re.fullmatch(r"# HELP (\w+) \S.*", line):
            family = told[1]
            assert family not in kinds, line
        elif told := re.fullmatch(r"# TYPE (\w+) (counter|gauge|histogram|summary)", line):
            assert told[1] == family, line
            kinds[family] = told[2]
        else:
            sample = re.fullmatch(r"(\w+)(\{.*\})? (\S+)", line)
            assert sample is not None, line
            assert sample[1] == family or kinds[family] in ("histogram", "summary"), line
            assert line.rpartition(" ")[0] not in samples, line
            samples.add(line.rpartition(" ")[0])
            float(sample[3])
            assert kinds[family] != "counter" or sample[1].endswith("_total"), line
    assert len(kinds) > 5


def test_without_a_host_there_are_no_metrics(shell: Shell):
    assert shell.run("metrics", "--data", "data").code == 6


def test_a_recording_holds_the_plugins(shell: Shell):
    with shell.start("run", HELLO, "--data", "data") as running:
        running.until("^all loaded$")
        done = shell.run("record", "r.gz", "--for", "1", "--data", "data")
        assert done.code == 0, done.err
        assert shell.run("record", "r.gz", "--for", "1", "--data", "data").code == 2
        running.signal(signal.SIGTERM)
        running.end()
    head, moments = read_recording(Path(shell.folder / "r.gz"))
    assert head.plughost_recording == 1
    assert moments
    assert b"hello" in gzip.decompress((shell.folder / "r.gz").read_bytes())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_recording_that_can_be_read(shell: Shell, number: signal.Signals):
    with shell.start("run", HELLO, "--data", "data") as running:
        running.until("^all loaded$")
        with shell.start("record", "r.gz", "--data", "data") as recording:
            recording.until("^recording")
            recording.signal(number)
            assert recording.end().code == 0
        running.signal(signal.SIGTERM)
        running.end()
    read_recording(Path(shell.folder / "r.gz"))
