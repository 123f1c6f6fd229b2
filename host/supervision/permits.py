"""Permits: what one plugin may do, over its versions, and what the operator has to say to it.

Owns the question whether a version asks for more than the last one was granted. The rules are the policy's,
what is kept is in the standing.
"""

from host.errors import ConsentRequired, InvalidParams, LoadRefused, MissingDependency
from host.manifest import Package, install_lines, unmet_requirements
from host.permissions.policy import Grants, Policy, grant
from host.state.records import KeptGrants
from host.supervision.environment import Environment
from host.supervision.standing import Standing
from protocol.manifest import Manifest
from protocol.permissions import Permission, parse_permission


class Permits:
    """One plugin's."""

    def __init__(
        self, manifest: Manifest, policy: Policy, standing: Standing, *, consent_to_widening: bool
    ) -> None:
        self._manifest = manifest
        self._policy = policy
        self._standing = standing
        self._consent_to_widening = consent_to_widening
        self.grants: Grants = self._granted()

    def unanswered(self) -> ConsentRequired | None:
        """Return what keeps the plugin from starting until somebody consents or declines."""
        if not self.grants.waiting:
            return None
        kept = self._standing.grants
        return ConsentRequired(
            self._manifest.id,
            self._manifest.version,
            tuple(map(str, self.grants.waiting)),
            kept.permissions,
            kept.version,
        )

    def started(self) -> None:
        """Note what this version was granted; the caller has it kept."""
        kept = self._standing.grants
        self._keep(kept, version=self._manifest.version, permissions=self.grants.texts())

    def consent(self) -> None:
        """Grant what waits."""
        kept = self._standing.grants
        waiting = tuple(map(str, self.grants.waiting))
        self._keep(kept, version=kept.version, permissions=(*kept.permissions, *waiting))
        self._renew()

    def decline(self) -> None:
        """Refuse what waits; the plugin may start without it."""
        kept = self._standing.grants
        waiting = tuple(map(str, self.grants.waiting))
        self._keep(kept, revoked=(*kept.revoked, *waiting))
        self._renew()

    def allow(self, text: str) -> None:
        """Grant one permission, whatever manifest and policy say; at once, also while the plugin runs.

        Raises:
            InvalidParams: It is no permission.
        """
        permission = _parse(text)
        kept = self._standing.grants
        revoked = tuple(one for one in kept.revoked if one != str(permission))
        self._keep(kept, added=tuple(dict.fromkeys((*kept.added, str(permission)))), revoked=revoked)
        self.grants.allow(permission)
        self.grants.waiting = tuple(one for one in self.grants.waiting if one != permission)

    def revoke(self, text: str) -> None:
        """Refuse one permission, whatever they say; at once, also while the plugin runs."""
        permission = _parse(text)
        kept = self._standing.grants
        added = tuple(one for one in kept.added if one != str(permission))
        self._keep(kept, revoked=tuple(dict.fromkeys((*kept.revoked, str(permission)))), added=added)
        self.grants.withdraw(permission)
        self.grants.waiting = tuple(one for one in self.grants.waiting if one != permission)

    def _granted(self) -> Grants:
        return grant(
            self._manifest,
            self._policy,
            self._standing.grants,
            consent_to_widening=self._consent_to_widening,
        )

    def _renew(self) -> None:
        """Decide anew, in the same object: a session that runs holds it."""
        new = self._granted()
        for permission in new.granted:
            self.grants.allow(permission)
        for permission in new.refused:
            self.grants.withdraw(permission, by_operator=permission in new.revoked)
        self.grants.waiting = new.waiting

    def _keep(
        self,
        kept: KeptGrants,
        *,
        version: str | None = None,
        permissions: tuple[str, ...] | None = None,
        added: tuple[str, ...] | None = None,
        revoked: tuple[str, ...] | None = None,
    ) -> None:
        self._standing.grants = KeptGrants(
            kept.version if version is None else version,
            kept.permissions if permissions is None else permissions,
            kept.added if added is None else added,
            kept.revoked if revoked is None else revoked,
        )


def refusal_of(
    package: Package, environment: Environment, permits: Permits
) -> tuple[str, LoadRefused] | None:
    """Return why a plugin can't be started here, as a reason and as an error; None if it can."""
    manifest = package.manifest
    unmet = unmet_requirements(
        manifest,
        package.folder,
        application=environment.application,
        application_version=environment.application_version,
    )
    unmet = [*unmet, *environment.inputs.faults(package)]
    if unmet:
        detail = "; ".join(unmet)
        message = f"plugin {manifest.id!r} can't be loaded here: {detail}"
        if lines := install_lines(manifest, package.folder):
            remedy = "run the line that the reason names, then load it"
            return detail, MissingDependency(message, remedy=remedy, plugin=manifest.id, install=lines)
        remedy = "mend what the reason says, then load it"
        return detail, LoadRefused(message, remedy=remedy, plugin=manifest.id)
    unanswered = permits.unanswered()
    return None if unanswered is None else (unanswered.message, unanswered)


def _parse(text: str) -> Permission:
    try:
        return parse_permission(text)
    except ValueError as exc:
        raise InvalidParams(f"permission: found {text[:80]!r}; {exc}") from exc
