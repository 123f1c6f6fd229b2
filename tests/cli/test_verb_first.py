"""A plugin's id in the place of a verb."""

import pytest

from tests.cli.conftest import Shell


@pytest.mark.parametrize(
    ("family", "meant"), [("config", "get"), ("perms", "list"), ("storage", "keys"), ("rpc", "tail")]
)
def test_an_id_without_a_verb_is_told_the_verb_that_is_meant(shell: Shell, family: str, meant: str):
    done = shell.run(family, "slack")
    assert done.code == 2
    assert f"for a plugin of this id: plughost {family} {meant} slack" in done.err
    assert "is no verb; allowed: " in done.err


@pytest.mark.parametrize(("family", "meant"), [("config", "get"), ("perms", "list"), ("rpc", "tail")])
def test_an_option_of_the_verbs_that_stands_before_them_is_told_its_place(
    shell: Shell, family: str, meant: str
):
    done = shell.run(family, "--data", "d")
    assert done.code == 2
    assert f"--data goes behind the verb: plughost {family} {meant} --data ...; allowed with: " in done.err


def test_an_option_that_no_verb_takes_is_not_sent_elsewhere(shell: Shell):
    done = shell.run("perms", "--nothing")
    assert done.code == 2
    assert "No such option '--nothing'" in done.err
