"""Which permissions a plugin gets, and whether they cover what it asks for.

Pure: values in, values out. Owns the default policy and the decision; does not know methods, plugins'
states or what is done with a refusal. The gateway asks it on every call that a plugin makes.
"""

import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from host.state.records import KeptGrants
from protocol.manifest import Manifest
from protocol.permissions import ADMIN, Permission, parse_permission

KNOWN_DECISIONS = 1024
"""How many decisions are remembered for one plugin."""

LONGEST_SHOWN = 200
"""Characters of a permission that a sentence shows."""


class Verdict(StrEnum):
    """What a policy says about one permission of one plugin."""

    ALLOW = "allow"
    DENY = "deny"
    ASK = "ask"
    """Wait until the operator consents."""


Policy = Callable[[str, Permission], Verdict | bool]
"""The embedder's say: a plugin's id and a permission that it declared, to a verdict."""


def declared_is_granted(plugin_id: str, permission: Permission) -> Verdict:
    """Grant whatever the manifest declares, except admin. This is the policy where nobody gives another."""
    return Verdict.DENY if permission.resource == ADMIN else Verdict.ALLOW


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one request."""

    allowed: bool
    permission: Permission
    """What was required."""
    reason: str
    """One sentence."""
    declare: str = ""
    """What to write where so that it is allowed; empty if it is."""
    held: Permission | None = None
    """The declared permission that decided."""


PermissionState = Literal["granted", "refused", "waiting", "undeclared"]


@dataclass(frozen=True, slots=True)
class PermissionUse:
    """What became of one permission in one session."""

    permission: str
    state: PermissionState
    used: int
    """How often it was needed and there."""
    denied: int
    """How often it was needed and missing."""
    last_s: float | None
    """When it was last needed, in seconds since the epoch."""


class _Counted:
    """One decision and how often it was asked for."""

    __slots__ = ("count", "decision", "last_s")

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        self.count = 0
        self.last_s = 0.0


class Grants:
    """What one plugin may do. The operator may change it while the plugin runs."""

    __slots__ = ("_decisions", "_totals", "denied", "granted", "plugin", "refused", "revoked", "waiting")

    def __init__(
        self,
        granted: tuple[Permission, ...] = (),
        refused: tuple[Permission, ...] = (),
        *,
        revoked: tuple[Permission, ...] = (),
        waiting: tuple[Permission, ...] = (),
        plugin: str = "",
    ) -> None:
        self.granted = granted
        self.refused = refused
        """Denied by the host's policy, or by the operator, who may deny what was never declared."""
        self.revoked = revoked
        """Those of the refused ones that the operator denied."""
        self.waiting = waiting
        """Declared, and not answered yet: the plugin does not start before somebody consents."""
        self.plugin = plugin
        self._decisions: dict[Permission, _Counted] = {}
        self._totals: dict[Permission, tuple[int, int, float]] = {}
        self.denied = 0
        """Times that something was refused, counted by whoever refuses."""

    def decide(self, required: Permission) -> Decision:
        """Tell whether the plugin may do what needs `required`, and if not, what would change that."""
        counted = self._decisions.get(required)
        if counted is None:
            counted = _Counted(self._decide(required))
            if len(self._decisions) >= KNOWN_DECISIONS:
                self._forget_decisions()
            if len(required.scope) <= LONGEST_SHOWN:
                self._decisions[required] = counted
            else:  # plugins choose scopes: only the count of such a one is remembered
                self._add_up(required, counted.decision, 1, time.time())
        counted.count += 1
        counted.last_s = time.time()
        return counted.decision

    def texts(self) -> tuple[str, ...]:
        """Return what was granted, in canonical spelling, as the plugin is told."""
        return tuple(str(permission) for permission in self.granted)

    def allow(self, permission: Permission) -> None:
        """Grant a permission from now on."""
        self._forget_decisions()
        self.refused = tuple(one for one in self.refused if one != permission)
        self.revoked = tuple(one for one in self.revoked if one != permission)
        if permission not in self.granted:
            self.granted = (*self.granted, permission)

    def withdraw(self, permission: Permission, *, by_operator: bool = True) -> None:
        """Refuse a permission from now on, as the operator or the policy says."""
        self._forget_decisions()
        self.granted = tuple(one for one in self.granted if one != permission)
        if permission not in self.refused:
            self.refused = (*self.refused, permission)
        if by_operator and permission not in self.revoked:
            self.revoked = (*self.revoked, permission)

    def usage(self) -> tuple[PermissionUse, ...]:
        """Return what became of every permission that was declared or needed."""
        self._forget_decisions()
        states: dict[Permission, PermissionState] = {}
        for permission in self.granted:
            states[permission] = "granted"
        for permission in self.refused:
            states[permission] = "refused"
        for permission in self.waiting:
            states[permission] = "waiting"
        uses: list[PermissionUse] = []
        for permission in [*states, *(one for one in self._totals if one not in states)]:
            used, denied, last_s = self._totals.get(permission, (0, 0, 0.0))
            state: PermissionState = states.get(permission, "undeclared")
            uses.append(PermissionUse(_shown(permission), state, used, denied, last_s or None))
        return tuple(uses)

    def _decide(self, required: Permission) -> Decision:
        text = _shown(required)
        for held in self.granted:
            if held.covers(required) and not self._is_taken_out(held, required):
                return Decision(True, required, f"{_shown(held)} was granted.", held=held)
        for held in (*self.revoked, *self.refused):
            if held.covers(required):
                return Decision(False, required, *self._refused_by(held), held=held)
        return Decision(
            False,
            required,
            f"plugin {self.plugin!r} did not declare {text}{self._narrower(required)}.",
            f'in the manifest: permissions = ["{text}"]' + (", beside the others" if self._declared else ""),
        )

    def _is_taken_out(self, held: Permission, required: Permission) -> bool:
        """Tell whether the operator refused a part of what was granted, and this falls into it."""
        return any(
            one.covers(required) and (held.covers(one) or not one.covers(held)) for one in self.revoked
        )

    def _refused_by(self, held: Permission) -> tuple[str, str]:
        """Say who refused a permission, and what gives it."""
        text = _shown(held)
        if held in self.revoked:
            return (
                f"plugin {self.plugin!r} has no {text}: the operator refused it.",
                f"grant it: plughost perms grant {self.plugin} {shlex.quote(text)}",
            )
        return (
            f"plugin {self.plugin!r} declared {text}, but the host's policy refused it.",
            f"in the host's policy: allow {text} for {self.plugin!r}",
        )

    def _forget_decisions(self) -> None:
        """Add what was counted to the totals: by the permission that decided, else by the one needed."""
        for required, counted in self._decisions.items():
            self._add_up(required, counted.decision, counted.count, counted.last_s)
        self._decisions.clear()

    def _add_up(self, required: Permission, decision: Decision, count: int, last_s: float) -> None:
        permission = decision.held or Permission(required.resource, required.action)
        used, denied, before_s = self._totals.get(permission, (0, 0, 0.0))
        if decision.allowed:
            used += count
        else:
            denied += count
        if permission in self._totals or len(self._totals) < KNOWN_DECISIONS:
            self._totals[permission] = (used, denied, max(before_s, last_s))

    @property
    def _declared(self) -> tuple[Permission, ...]:
        return self.granted + self.refused

    def _narrower(self, required: Permission) -> str:
        """Name declared permissions that miss by their scope alone; the usual slip."""
        declared = [held for held in self._declared if held not in self.revoked]
        near = [_shown(held) for held in declared if _family(held) == _family(required)]
        return f", only {', '.join(near[:3])}" if near else ""


def grant(
    manifest: Manifest,
    policy: Policy = declared_is_granted,
    kept: KeptGrants = KeptGrants(),  # noqa: B008 - frozen
    *,
    consent_to_widening: bool = True,
) -> Grants:
    """Decide about each permission that a manifest declares.

    The operator's own word counts first, also about what is not declared, then the policy. Only
    `Verdict.ALLOW` and True grant; `Verdict.ASK` waits for the operator's consent, and so does what a new
    version asks for beyond what the last one was granted. What the policy raises goes through: a broken
    policy grants nothing.
    """
    before = [parse_permission(text) for text in kept.permissions]
    added = [parse_permission(text) for text in kept.added]
    revoked = [parse_permission(text) for text in kept.revoked]
    is_new = bool(kept.version) and kept.version != manifest.version and consent_to_widening
    granted: list[Permission] = []
    refused: list[Permission] = []
    waiting: list[Permission] = []
    for permission in dict.fromkeys(manifest.permissions):
        held_before = any(held.covers(permission) for held in before)
        if permission in added or permission in revoked:
            continue
        verdict = policy(manifest.id, permission)
        if verdict is True or verdict == Verdict.ALLOW:
            (waiting if is_new and not held_before else granted).append(permission)
        elif verdict == Verdict.ASK:
            (granted if held_before else waiting).append(permission)
        else:
            refused.append(permission)
    return Grants(
        (*granted, *added),
        (*refused, *revoked),
        revoked=tuple(revoked),
        waiting=tuple(waiting),
        plugin=manifest.id,
    )


def _family(permission: Permission) -> tuple[str, str]:
    return permission.resource, permission.action


def _shown(permission: Permission) -> str:
    text = str(permission)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
