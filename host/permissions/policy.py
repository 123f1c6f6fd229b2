"""Which permissions a plugin gets, and whether they cover what it asks for.

Pure: values in, values out. Owns the default policy and the decision; does not know methods, plugins'
states or what is done with a refusal. The gateway asks it on every call that a plugin makes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from protocol.manifest import Manifest
from protocol.permissions import ADMIN, Permission

KNOWN_DECISIONS = 1024
"""How many decisions are remembered for one plugin."""

LONGEST_SHOWN = 200
"""Characters of a permission that a sentence shows. Longer ones are not remembered: plugins choose scopes."""


class Verdict(StrEnum):
    """What a policy says about one permission of one plugin."""

    ALLOW = "allow"
    DENY = "deny"


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


class Grants:
    """What one plugin may do, fixed for one session."""

    __slots__ = ("_decisions", "granted", "plugin", "refused")

    def __init__(
        self, granted: tuple[Permission, ...] = (), refused: tuple[Permission, ...] = (), *, plugin: str = ""
    ) -> None:
        self.granted = granted
        self.refused = refused
        """Declared, and denied by the host's policy."""
        self.plugin = plugin
        self._decisions: dict[Permission, Decision] = {}

    def decide(self, required: Permission) -> Decision:
        """Tell whether the plugin may do what needs `required`, and if not, what would change that."""
        decision = self._decisions.get(required)
        if decision is None:
            decision = self._decide(required)
            if len(required.scope) <= LONGEST_SHOWN:
                if len(self._decisions) >= KNOWN_DECISIONS:
                    self._decisions.clear()
                self._decisions[required] = decision
        return decision

    def texts(self) -> tuple[str, ...]:
        """Return what was granted, in canonical spelling, as the plugin is told."""
        return tuple(str(permission) for permission in self.granted)

    def _decide(self, required: Permission) -> Decision:
        text = _shown(required)
        for held in self.granted:
            if held.covers(required):
                return Decision(True, required, f"{_shown(held)} was granted.")
        for held in self.refused:
            if held.covers(required):
                return Decision(
                    False,
                    required,
                    f"plugin {self.plugin!r} declared {_shown(held)}, but the host's policy refused it.",
                    f"in the host's policy: allow {_shown(held)} for {self.plugin!r}",
                )
        return Decision(
            False,
            required,
            f"plugin {self.plugin!r} did not declare {text}{self._narrower(required)}.",
            f'in the manifest: permissions = ["{text}"]' + (", beside the others" if self._declared else ""),
        )

    @property
    def _declared(self) -> tuple[Permission, ...]:
        return self.granted + self.refused

    def _narrower(self, required: Permission) -> str:
        """Name declared permissions that miss by their scope alone; the usual slip."""
        near = [_shown(held) for held in self._declared if _family(held) == _family(required)]
        return f", only {', '.join(near[:3])}" if near else ""


def grant(manifest: Manifest, policy: Policy = declared_is_granted) -> Grants:
    """Ask the policy about each permission that a manifest declares.

    Only `Verdict.ALLOW` and True grant. What the policy raises goes through: a broken policy grants nothing.
    """
    granted: list[Permission] = []
    refused: list[Permission] = []
    for permission in dict.fromkeys(manifest.permissions):
        verdict = policy(manifest.id, permission)
        (granted if verdict is True or verdict == Verdict.ALLOW else refused).append(permission)
    return Grants(tuple(granted), tuple(refused), plugin=manifest.id)


def _family(permission: Permission) -> tuple[str, str]:
    return permission.resource, permission.action


def _shown(permission: Permission) -> str:
    text = str(permission)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
