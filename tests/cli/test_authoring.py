"""From an empty folder to a package: init, create, validate, test, package, as an author types them."""

import json
import zipfile

import pytest

from host.devtools.create import SUMMARIES
from tests.cli.conftest import Shell


def workspace(shell: Shell) -> None:
    """Make one with a plugin of each kind."""
    assert shell.run("init").code == 0
    for kind in SUMMARIES:
        made = shell.run("create", f"my-{kind}", "--kind", kind)
        assert made.code == 0, made.err
        assert f"wrote plugins/my-{kind}/main.py" in made.out


@pytest.mark.timeout(180)
def test_a_workspace_with_a_plugin_of_each_kind_is_valid_and_its_tests_pass(shell: Shell):
    workspace(shell)
    checked = shell.run("validate", "--strict", "plugins")
    assert checked.code == 0, checked.out
    assert checked.out.count("ok    ") == len(SUMMARIES)
    tested = shell.run("test")
    assert tested.code == 0, tested.out
    assert "28 passed" in tested.out


@pytest.mark.timeout(600)
def test_the_tests_of_new_plugins_pass_in_processes_too(shell: Shell):
    workspace(shell)
    tested = shell.run("test", "--mode", "process")
    assert tested.code == 0, tested.out + tested.err
    assert "28 passed" in tested.out
    shell.run("create", "scanner", "--template", "security")
    assert shell.run("test", "plugins/scanner", "--mode", "process").code == 0


@pytest.mark.timeout(600)
def test_the_tests_of_new_plugins_pass_in_a_host_that_runs_and_what_it_has_not_is_skipped(shell: Shell):
    workspace(shell)
    with shell.start("run") as running:
        running.until("^all loaded$")
        tested = shell.run("test", "--mode", "live")
        # What they changed in it they have put back.
        again = [shell.run("test", f"plugins/my-{kind}", "--mode", "live") for kind in ("cli", "extension")]
    assert [one.code for one in again] == [0, 0], [one.out for one in again]
    assert tested.code == 0, tested.out + tested.err
    assert "21 passed, 7 skipped" in tested.out


def test_init_has_another_name_and_may_be_said_twice(shell: Shell):
    first = shell.run("init-dev-env", "work")
    assert first.code == 0
    assert "wrote work/plughost.toml" in first.out
    assert "cd work" in first.out
    again = shell.run("init", "work")
    assert again.code == 0
    assert "kept  work/plughost.toml, which was there" in again.out


def test_create_refuses_a_bad_name_an_unknown_kind_and_what_is_there(shell: Shell):
    assert shell.run("create", "mine").code == 0
    for arguments, said in (
        (["Mine"], "1 to 63 of a-z"),
        (["mine"], "is there already"),
        (["other", "--kind", "robot"], "robot"),
    ):
        refused = shell.run("create", *arguments)
        assert refused.code == 2
        assert said in refused.err


def test_a_kind_may_be_written_with_a_hyphen(shell: Shell):
    made = shell.run("create", "mine", "--kind", "ai-provider")
    assert made.code == 0, made.err
    assert 'type = "ai_provider"' in (shell.folder / "mine" / "plugin.toml").read_text()


def test_a_test_that_fails_has_its_exit_code_and_can_be_chosen_by_name(shell: Shell):
    shell.run("create", "mine")
    test = shell.folder / "mine" / "tests" / "test_mine.py"
    test.write_text("def test_good():\n    pass\n\n\ndef test_bad():\n    assert False\n")
    assert shell.run("test", "mine").code == 1
    assert shell.run("test", "mine", "-k", "good").code == 0
    assert shell.run("test", "mine", "--test", "good").code == 0
    assert shell.run("test", "mine", "-k", "nothing").code == 4
    assert shell.run("test", "mine", "--", "--no-such-option").code == 2
    nowhere = shell.run("test", "nowhere")
    assert nowhere.code == 2
    assert "nowhere: there is no such folder" in nowhere.err
    assert "Usage:" not in nowhere.err
    chosen = shell.run("test", "--", "-q", "mine/tests/test_mine.py::test_good")
    assert (chosen.code, "1 passed" in chosen.out) == (0, True)
    test.unlink()
    empty = shell.run("test", "mine")
    assert empty.code == 2
    assert "there are no tests" in empty.err


def test_coverage_names_the_lines_that_were_not_run(shell: Shell):
    shell.run("create", "mine")
    tested = shell.run("test", "mine", "--coverage", "-k", "greets")
    assert tested.code == 0, tested.out + tested.err
    assert "main.py" in tested.out
    assert "Missing" in tested.out


def test_a_package_is_the_same_twice_and_says_what_it_is(shell: Shell):
    shell.run("create", "mine")
    first, second = (
        json.loads(shell.run("package", "mine", "--json", "-o", name).out) for name in ("a", "b")
    )
    assert first["sha256"] == second["sha256"]
    assert first["left_out"] == ["tests"]
    assert (shell.folder / "a").read_bytes() == (shell.folder / "b").read_bytes()
    shown = shell.run("package", "mine")
    assert shown.out.splitlines()[0].startswith("mine-0.1.0.zip  ")
    assert f"sha256 {first['sha256']}" in shown.out
    assert "plugin.toml" in zipfile.ZipFile(shell.folder / "mine-0.1.0.zip").namelist()
    (shell.folder / "out").mkdir()
    assert shell.run("package", "mine", "-o", "out").code == 0
    assert (shell.folder / "out" / "mine-0.1.0.zip").is_file()


def test_what_is_not_valid_is_not_packed(shell: Shell):
    broken = shell.plugin("broken", "def")
    refused = shell.run("package", broken)
    assert refused.code == 3
    assert "main.py:1: fault [syntax]" in refused.err
    assert "not packed" in refused.err
    (broken / "plugin.toml").write_text("id = 'Broken'")
    assert shell.run("package", broken).code == 3
    assert list(shell.folder.glob("*.zip")) == []


def test_the_harness_is_not_for_people(shell: Shell):
    assert "test-harness" not in shell.run("--help").out
