"""Registries: those who take in what plugins provide, all of them or none.

Owns the order in which a session is taken in and let go. What each kind of thing means is its registry's.
"""

import logging
from collections.abc import Sequence

from host.facade import Announced, Announcing, Joining, Registry, Succeeding, Unfinished

logger = logging.getLogger(__name__)

SHOWN_FAULTS = 20
"""Faults that a refusal lists; further ones are counted."""


class Registries:
    """All registries of one host."""

    def __init__(self, registries: Sequence[Registry] = ()) -> None:
        self._registries = tuple(registries)

    def join(self, session: Joining) -> str:
        """Take in what a session provides; return why not, and nothing of it is, or an empty text."""
        faults = [fault for registry in self._registries for fault in registry.check(session)]
        if faults:
            return shown_faults(faults)
        for registry in self._registries:
            registry.join(session)
        return ""

    def announce(self, known: Sequence[Announced]) -> None:
        """Tell which plugins are known, and what their manifests declare."""
        for registry in self._registries:
            if isinstance(registry, Announcing):
                registry.announce(known)

    def activated(self, session: Joining) -> None:
        """Tell that a session became active."""
        for registry in self._registries:
            registry.activated(session)

    def wait(self, session: Joining) -> str:
        """Take in a session beside the one that serves; nothing of it is in force before it succeeds.

        Returns why it can't be, or an empty text. Of its own predecessor it takes nothing away.
        """
        faults = [fault for registry in self._registries for fault in registry.check(session)]
        if faults:
            return shown_faults(faults)
        for registry in self._registries:
            if isinstance(registry, Succeeding):
                registry.wait(session)
        return ""

    def succeed(self, session: Joining, predecessor: Joining) -> Unfinished:
        """Put a session that waits in force, in one turn of the loop, in the place of its predecessor.

        Returns what tells whether the predecessor still works on something that it was given.
        """
        found: list[Unfinished] = []
        for registry in self._registries:
            if isinstance(registry, Succeeding):
                unfinished = registry.succeed(session, predecessor)
                if unfinished is not None:
                    found.append(unfinished)
            else:
                registry.join(session)
                registry.activated(session)
        return lambda: any(unfinished() for unfinished in found)

    def leave(self, session: Joining) -> None:
        """Let go of everything that a session provided: of each kind, whatever the others do."""
        for registry in reversed(self._registries):
            try:
                registry.leave(session)
            except Exception:
                # The border: what stays registered of one kind must not keep all the others registered too.
                logger.exception(
                    "%s failed to let a plugin go",
                    type(registry).__name__,
                    extra={"fields": {"plugin": session.plugin}},
                )


def shown_faults(faults: Sequence[str]) -> str:
    """Return faults as one text; of many, the first and how many more there are."""
    more = f"; and {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
    return "; ".join(faults[:SHOWN_FAULTS]) + more
