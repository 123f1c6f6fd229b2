"""Which wire version two sides settle on."""

import re

from protocol.version import PROTOCOL_VERSIONS, RELEASE, negotiate


def test_the_newest_common_version_is_chosen() -> None:
    assert negotiate((1, 2, 3), (2, 1)) == 2
    assert negotiate([3, 1], (1, 2, 3)) == 3


def test_without_a_common_version_there_is_none() -> None:
    assert negotiate((4, 5), (1, 2)) is None
    assert negotiate(()) is None


def test_our_own_versions_are_newest_first() -> None:
    assert list(PROTOCOL_VERSIONS) == sorted(PROTOCOL_VERSIONS, reverse=True)
    assert negotiate(PROTOCOL_VERSIONS) == PROTOCOL_VERSIONS[0]


def test_the_release_is_a_plain_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+([ab]\d+|rc\d+)?", RELEASE)
