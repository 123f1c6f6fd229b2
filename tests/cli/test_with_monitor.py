"""A host that is run with its monitor, in a terminal of its own."""

from tests.cli.conftest import EXAMPLES, Shell
from tests.cli.test_attached import host


def test_a_host_that_ends_before_it_could_be_looked_at_ends_its_monitor_with_its_reason(shell: Shell):
    (shell.folder / "empty").mkdir()
    done = shell.at_terminal("run", "empty", "--data", "data", "--tui")
    assert done.code == shell.run("run", "empty", "--data", "data").code != 0
    assert "there is nothing to run: no plugin is in" in done.out


def test_the_monitor_of_a_run_looks_at_no_other_host_of_the_data_folder(shell: Shell):
    with host(shell, "hello") as running:
        done = shell.at_terminal("run", EXAMPLES / "counter", "--data", "data", "--tui")
        assert done.code == shell.run("run", EXAMPLES / "counter", "--data", "data").code != 0
        assert f"process {running.process.pid}" in done.out
        assert "● live" not in done.out
