"""Known: a plugin that was found, as registries see it before it does. Made by the roster."""

from collections.abc import Iterable
from dataclasses import dataclass

from host.facade import Granted
from host.supervision.supervisor import Supervisor
from protocol.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Known:
    """One plugin; see `host.facade.Announced`."""

    manifest: Manifest
    grants: Granted
    enabled: bool


def known_of(supervisors: Iterable[Supervisor]) -> list[Known]:
    """Return those that have a program, which answers what they declare."""
    return [
        Known(one.package.manifest, one.grants, one.enabled)
        for one in supervisors
        if one.package.manifest.has_program
    ]
