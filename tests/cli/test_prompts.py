"""`plughost prompts` beside a real host whose plugin asks, answered as a person and as a script would."""

import json
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tests.cli.conftest import PLUGHOST, Shell
from tests.cli.test_attached import host

DATA = ("--data", "data")


@contextmanager
def asking(shell: Shell, *words: str) -> Generator["subprocess.Popen[str]"]:
    """Run a command of the plugin that asks; it waits for its answer."""
    with subprocess.Popen(
        [PLUGHOST, "commands", *DATA, "run", *words],
        cwd=shell.folder,
        env=shell.environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def open_prompts(shell: Shell, nth: int = 1) -> list[dict[str, Any]]:
    """Wait until one is open, the nth of this host."""
    with shell.start("events", "-f", *DATA, "--topic", "plughost.prompt.opened") as events:
        for _ in range(nth):
            events.item()
    found: list[dict[str, Any]] = json.loads(shell.run("prompts", *DATA, "--json").out)
    return found


def test_a_person_answers_at_a_terminal(shell: Shell):
    with host(shell, "asks"), asking(shell, "move", "to=attic") as command:
        [row] = open_prompts(shell)
        assert (row["plugin"], row["title"]) == ("asks", "Move everything to attic?")
        assert row["id"] in shell.run("prompts", *DATA).out
        done = shell.at_terminal(
            *("prompts", *DATA, "answer"),
            answers=[("how [slowly]: ", "at once"), ("token: ", "canary-secret")],
        )
        assert done.code == 0, done.out
        assert "asks asks: Move everything to attic?" in done.out
        assert "  What is open is closed." in done.out
        assert "canary" not in done.out
        assert command.communicate(timeout=30)[0] == "moved at once to attic\n"
        assert shell.run("prompts", *DATA, "--json").out == "[]\n"


def test_a_script_answers_in_words_and_a_secret_is_none_of_them(shell: Shell):
    (shell.folder / "token").write_text("canary-secret\n")
    with host(shell, "asks"), asking(shell, "move", "to=attic") as command:
        [row] = open_prompts(shell)
        answer = ("prompts", *DATA, "answer", row["id"])
        assert shell.run(*answer, "token=canary").code == 2
        assert "as @FILE or as -" in shell.run(*answer, '{"token": "canary"}').err
        assert "several ways" not in shell.run("prompts", *DATA, "answer", "how=never").err
        refused = shell.run(*answer, "how=never")
        assert refused.code == 2
        assert "how: found 'never'" in refused.err
        assert shell.run(*answer, "how=slowly", "token=@token").out == "asks: answered\n"
        assert command.communicate(timeout=30)[0] == "moved slowly to attic\n"
        gone = shell.run(*answer, "how=slowly")
        assert gone.code == 4
        assert "there is no prompt that waits for an answer" in gone.err


def test_a_yes_or_a_no(shell: Shell):
    with host(shell, "asks"):
        with asking(shell, "clean") as command:
            [row] = open_prompts(shell)
            assert shell.run("prompts", *DATA, "answer", row["id"], "--yes").code == 0
            assert command.communicate(timeout=30)[0].startswith("deleted")
        with asking(shell, "clean") as command:
            open_prompts(shell, 2)
            done = shell.at_terminal("prompts", *DATA, "answer", answers=[("Yes? [y/N] ", "n")])
            assert done.out.splitlines()[-1] == "asks: dismissed"
            assert command.communicate(timeout=30)[0] == "nothing was deleted\n"
        with asking(shell, "clean") as command:
            [row] = open_prompts(shell, 3)
            nobody = shell.run("prompts", *DATA, "answer", row["id"])
            assert nobody.code == 2
            assert "answer with --yes or dismiss it" in nobody.err
            assert shell.run("prompts", *DATA, "dismiss", row["id"]).out == "asks: dismissed\n"
            assert command.communicate(timeout=30)[0] == "nothing was deleted\n"


def test_what_waits_is_a_problem_until_it_is_answered(shell: Shell):
    with host(shell, "asks"), asking(shell, "clean"):
        [row] = open_prompts(shell)
        found = json.loads(shell.run("problems", *DATA, "--json").out)
        [problem] = [one for one in found if one["kind"] == "prompt"]
        assert (problem["plugin"], problem["title"]) == (
            "asks",
            "it asks: Delete what is older than 365 days?",
        )
        assert f"plughost prompts answer {row['id']}" in problem["remedy"]
        shell.run("prompts", *DATA, "dismiss", row["id"])
        found = json.loads(shell.run("problems", *DATA, "--json").out)
        assert [one for one in found if one["kind"] == "prompt"] == []


def test_the_host_may_be_named_behind_a_verb_too(shell: Shell):
    with host(shell, "asks"):
        with shell.start("commands", "run", "clean", *DATA) as run:
            [row] = open_prompts(shell)
            assert shell.run("prompts", "dismiss", row["id"], *DATA).out == "asks: dismissed\n"
            assert run.end().out == "nothing was deleted\n"
        with asking(shell, "clean") as command:
            [row] = open_prompts(shell, 2)
            assert shell.run("prompts", "answer", row["id"], "--yes", *DATA).code == 0
            assert command.communicate(timeout=30)[0].startswith("deleted")


def test_where_nothing_waits_there_is_nothing_to_answer(shell: Shell):
    with host(shell, "asks"):
        assert shell.run("prompts", *DATA).out.split() == ["PROMPT", "PLUGIN", "ASKED", "UNTIL", "TITLE"]
        nothing = shell.run("prompts", *DATA, "answer")
        assert nothing.code == 4
        assert "there is no prompt that waits for an answer" in nothing.err
