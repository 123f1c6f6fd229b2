"""The release of these packages, and the version of the wire contract that they speak.

The two move apart: a release changes often, the protocol only when a plugin could tell the difference.
"""

from collections.abc import Sequence

RELEASE = "0.1.0"
"""Version of the distributions `plughost` and `plughost-sdk`."""

PROTOCOL_VERSIONS: tuple[int, ...] = (1,)
"""Wire versions that this code speaks, newest first."""


def negotiate(offered: Sequence[int], spoken: Sequence[int] = PROTOCOL_VERSIONS) -> int | None:
    """Return the newest version that both sides speak, or None."""
    return max(set(offered) & set(spoken), default=None)
