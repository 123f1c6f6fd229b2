"""A plugin's id in the place of a verb."""

import pytest

from tests.cli.conftest import Shell


@pytest.mark.parametrize(("family", "meant"), [("config", "get"), ("perms", "list")])
def test_an_id_without_a_verb_is_told_the_verb_that_is_meant(shell: Shell, family: str, meant: str):
    done = shell.run(family, "slack")
    assert done.code == 2
    assert f"for a plugin of this id: plughost {family} {meant} slack" in done.err
    assert "is no verb; allowed: " in done.err
