"""Slips: tells of permissions that look like those of the embedding program, misspelt.

Only a host that runs knows what its application registered; what can be told without it is told by whoever
reads the manifest. Called by the roster.
"""

import logging
from collections.abc import Iterable

from host.facade import Gateway
from host.manifest import Package, resources_of, slip_of

logger = logging.getLogger(__name__)


def tell_slips(packages: Iterable[Package], gateway: Gateway) -> None:
    """Warn of each permission whose resource is near one that is registered now."""
    registered: frozenset[str] | None = None
    for package in packages:
        for permission in package.manifest.permissions:
            if slip_of(permission):
                continue
            if registered is None:
                registered = resources_of(gateway.describe())
            if slip := slip_of(permission, registered):
                logger.warning("%s: %s: %s", package.manifest.id, package.file.name, slip)
