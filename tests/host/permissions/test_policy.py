from typing import Any

import pytest

from host.permissions.policy import (
    KNOWN_DECISIONS,
    LONGEST_SHOWN,
    Grants,
    Policy,
    Verdict,
    declared_is_granted,
    grant,
)
from host.state.records import KeptGrants
from protocol.manifest import Manifest
from protocol.permissions import Permission, parse_permission


def _manifest(*permissions: str) -> Manifest:
    return Manifest("chat", "1.0.0", permissions=tuple(parse_permission(text) for text in permissions))


def _always(verdict: Any) -> Policy:
    def policy(plugin_id: str, permission: Permission) -> Any:
        return verdict

    return policy


def _ask(text: str) -> Permission:
    return parse_permission(text)


def test_without_a_policy_of_its_own_the_host_grants_what_is_declared() -> None:
    grants = grant(_manifest("users:read", "storage"))
    assert grants.texts() == ("users:read", "storage:use")
    assert grants.refused == ()
    assert grants.decide(_ask("users:read")).allowed


@pytest.mark.parametrize("text", ["admin", "admin:read"])
def test_admin_is_refused_unless_the_policy_names_it(text: str) -> None:
    assert declared_is_granted("chat", _ask(text)) is Verdict.DENY
    assert grant(_manifest(text)).refused == (_ask(text),)
    assert grant(_manifest(text), _always(True)).granted == (_ask(text),)


@pytest.mark.parametrize("verdict", [True, Verdict.ALLOW])
def test_a_policy_allows_by_verdict_or_by_true(verdict: Verdict | bool) -> None:
    assert grant(_manifest("users:read"), _always(verdict)).texts() == ("users:read",)


@pytest.mark.parametrize("verdict", [False, Verdict.DENY, None, "yes", 2])
def test_whatever_else_a_policy_says_refuses(verdict: object) -> None:
    grants = grant(_manifest("users:read"), _always(verdict))
    assert grants.granted == ()
    assert grants.refused == (_ask("users:read"),)


def test_the_policy_is_asked_once_for_each_permission_with_the_plugins_id() -> None:
    asked: list[tuple[str, str]] = []

    def policy(plugin_id: str, permission: Permission) -> bool:
        asked.append((plugin_id, str(permission)))
        return True

    assert grant(_manifest("users:read", "read:users", "mail:send"), policy).texts() == (
        "users:read",
        "mail:send",
    )
    assert asked == [("chat", "users:read"), ("chat", "mail:send")]


def test_a_policy_that_fails_grants_nothing() -> None:
    def broken(plugin_id: str, permission: Permission) -> bool:
        raise LookupError(plugin_id)

    with pytest.raises(LookupError):
        grant(_manifest("users:read"), broken)


def test_a_permission_without_scope_covers_every_scope() -> None:
    decision = grant(_manifest("plugins:call")).decide(_ask("plugins:call:mail"))
    assert decision.allowed
    assert decision.permission == _ask("plugins:call:mail")
    assert decision.reason == "plugins:call was granted."
    assert decision.declare == ""


def test_what_was_not_declared_is_denied_with_the_line_for_the_manifest() -> None:
    decision = grant(_manifest()).decide(_ask("users:read"))
    assert not decision.allowed
    assert decision.reason == "plugin 'chat' did not declare users:read."
    assert decision.declare == 'in the manifest: permissions = ["users:read"]'


def test_a_line_for_a_manifest_that_has_some_goes_beside_them() -> None:
    decision = grant(_manifest("mail:send")).decide(_ask("users:read"))
    assert decision.declare == 'in the manifest: permissions = ["users:read"], beside the others'


def test_what_the_policy_refused_is_told_apart_from_what_was_not_declared() -> None:
    decision = grant(_manifest("admin")).decide(_ask("admin:manage:users"))
    assert not decision.allowed
    assert decision.reason == "plugin 'chat' declared admin:manage, but the host's policy refused it."
    assert decision.declare == "in the host's policy: allow admin:manage for 'chat'"


@pytest.mark.parametrize("declared", [(), ("events:emit:x.*",)])
def test_what_the_operator_revoked_is_told_apart_from_what_the_policy_refused(
    declared: tuple[str, ...],
) -> None:
    grants = grant(_manifest("users:read", *declared), kept=KeptGrants(revoked=("events:emit:x.*",)))
    assert grants.refused == grants.revoked == (_ask("events:emit:x.*"),)
    decision = grants.decide(_ask("events:emit:x.y"))
    assert not decision.allowed
    assert decision.reason == "plugin 'chat' has no events:emit:x.*: the operator refused it."
    assert decision.declare == "grant it: plughost perms grant chat 'events:emit:x.*'"
    # What was never declared is not said to be.
    other = grants.decide(_ask("events:emit:y")).reason
    assert other == "plugin 'chat' did not declare events:emit:y."
    grants.allow(_ask("events:emit:x.*"))
    assert grants.decide(_ask("events:emit:x.y")).allowed
    assert grants.revoked == ()


def test_a_grant_wins_over_a_wider_refusal() -> None:
    grants = Grants((_ask("files:read:notes"),), (_ask("files:read"),), plugin="chat")
    assert grants.decide(_ask("files:read:notes")).allowed
    assert not grants.decide(_ask("files:read:keys")).allowed


def test_a_declaration_that_is_too_narrow_is_named() -> None:
    decision = grant(_manifest("plugins:call:mail")).decide(_ask("plugins:call:chat"))
    assert decision.reason == "plugin 'chat' did not declare plugins:call:chat, only plugins:call:mail."


def test_a_decision_is_made_once() -> None:
    grants = grant(_manifest("users:read"))
    assert grants.decide(_ask("users:read")) is grants.decide(_ask("users:read"))


def test_a_plugin_can_not_fill_the_memory_with_scopes_that_it_makes_up() -> None:
    grants = grant(_manifest("users:read"))
    for number in range(3 * KNOWN_DECISIONS):
        assert not grants.decide(_ask(f"plugins:call:x{number}")).allowed
    long = _ask("plugins:call:" + "x" * 100_000)
    assert grants.decide(long) is not grants.decide(long)
    assert len(grants.decide(long).reason) < 2 * LONGEST_SHOWN
    assert len(grants._decisions) <= KNOWN_DECISIONS
    assert grants.decide(_ask("users:read")).allowed


@pytest.mark.parametrize(
    ("granted", "revoked", "needed", "allowed"),
    [
        ("events:emit", "events:emit:x.*", "events:emit:x.y", False),
        ("events:emit", "events:emit:x.*", "events:emit:z.y", True),
        ("events:emit:x.**", "events:emit:x.*", "events:emit:x.y", False),
        ("events:emit:x.**", "events:emit:x.*", "events:emit:x.y.z", True),
        ("events:emit:x.y", "events:emit", "events:emit:x.y", True),
        ("events:emit:x.y", "events:emit", "events:emit:x.z", False),
        ("storage:use", "storage:write", "storage:write", False),
        ("storage:use", "storage:write", "storage:read", True),
        ("storage:read", "storage:use", "storage:read", True),
        ("plugins:call", "plugins:call:mail", "plugins:call:mail", False),
    ],
)
def test_of_what_is_granted_and_refused_the_narrower_counts(
    granted: str,
    revoked: str,
    needed: str,
    allowed: bool,
):
    grants = Grants((_ask(granted),), (_ask(revoked),), revoked=(_ask(revoked),), plugin="a")
    decision = grants.decide(_ask(needed))
    assert decision.allowed is allowed
    assert allowed or "the operator refused it" in decision.reason
