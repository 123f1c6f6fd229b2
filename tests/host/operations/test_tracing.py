"""Tracing: nothing is attached while nobody follows; a session that begins meanwhile is traced too."""

from collections.abc import Callable
from typing import Any, cast

from host.clock import SystemClock
from host.facade import Joining
from host.facade.tails import TraceRow
from host.operations.feed import Feed
from host.operations.tracing import Tracing


class Peer:
    """Knows whether somebody listens."""

    heard: Callable[[bytes], None] | None = None

    def tap(self, read: Callable[[bytes], None] | None, written: Callable[[bytes], None] | None) -> None:
        assert (read is None) is (written is None)
        self.heard = read


class Session:
    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        self.id = f"{plugin}-1"
        self.peer = Peer()


def _tracing() -> Tracing:
    return Tracing(Feed[TraceRow](), SystemClock())


def _join(tracing: Tracing, plugin: str) -> Session:
    session = Session(plugin)
    tracing.join(cast("Joining", cast("Any", session)))
    return session


def test_sessions_are_tapped_only_while_somebody_follows():
    tracing = _tracing()
    one = _join(tracing, "one")
    assert one.peer.heard is None
    with tracing.lease(frozenset(), bodies=False):
        assert one.peer.heard is not None
        with tracing.lease(frozenset(), bodies=True):
            pass
        assert one.peer.heard is not None
    assert one.peer.heard is None


def test_only_those_that_are_followed_are_tapped_and_one_that_begins_meanwhile_is():
    tracing = _tracing()
    one = _join(tracing, "one")
    with tracing.lease(frozenset({"two"}), bodies=False):
        assert one.peer.heard is None
        two = _join(tracing, "two")
        assert two.peer.heard is not None
        tracing.leave(cast("Joining", cast("Any", two)))
        assert two.peer.heard is None
