"""WireTrace: messages as they pass, told as calls; whatever they are, the wire is not disturbed."""

import json
from typing import Any

import pytest

from host.facade.tails import TraceRow
from host.masking import MASK, known
from host.operations.wire_trace import MAX_PER_S, SHOW_AFTER_S, WireTrace


class Traced:
    """A trace, and what it told."""

    def __init__(self, *, bodies: bool = True) -> None:
        self.rows: list[TraceRow] = []
        self.now = 1_000.0
        self.trace = WireTrace("p", "s1", lambda: self.now, self.rows.append, lambda: bodies)

    def to_plugin(self, **message: Any) -> None:
        self.trace.written(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def from_plugin(self, **message: Any) -> None:
        self.trace.read(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


def test_a_call_is_told_once_with_what_came_of_it():
    one = Traced()
    one.to_plugin(id=1, method="greet", params={"name": "Ada", "_meta": {"deadline_ms": 5}})
    one.now += 0.25
    one.from_plugin(id=1, result="Hello")
    [row] = one.rows
    assert (row.direction, row.kind, row.method, row.code) == ("in", "request", "greet", 0)
    assert (row.params, row.result) == ({"name": "Ada"}, "Hello")
    assert row.ended_s == row.at_s + 0.25


def test_a_nested_call_names_the_one_that_it_serves():
    one = Traced()
    one.to_plugin(id=7, method="greet", params={})
    one.from_plugin(id=1, method="storage.get", params={"key": "k", "_meta": {"parent": 7}})
    one.to_plugin(id=1, error={"code": -32004, "message": "denied"})
    one.from_plugin(id=7, result=None)
    inner, outer = one.rows
    assert (inner.direction, inner.code, inner.error, inner.parent) == ("out", -32004, "denied", outer.key)


def test_a_long_call_is_told_before_it_ends_and_a_streams_items_are_counted():
    one = Traced()
    one.to_plugin(id=1, method="count", params={"_meta": {"stream": {"credit": 64}}})
    for seq in range(3):
        one.from_plugin(method="$/stream", params={"id": 1, "seq": seq, "item": seq})
    one.now += SHOW_AFTER_S + 0.01
    one.trace.tick()
    one.trace.tick()
    one.from_plugin(id=1, result=None)
    begun, ended = one.rows
    assert (begun.kind, begun.ended_s, begun.items) == ("stream", None, 3)
    assert (ended.key, ended.items) == (begun.key, 3)


def test_bodies_are_shown_to_whoever_asked_and_hold_no_secrets(monkeypatch: pytest.MonkeyPatch):
    known.learn(["canary-of-the-wire"])
    one = Traced()
    one.to_plugin(id=1, method="say", params={"text": "a canary-of-the-wire b"})
    one.from_plugin(id=1, result={"deep": ["canary-of-the-wire"]})
    one.to_plugin(id=2, method="plugin.load", params={"config": {"pin": "1234"}})
    one.from_plugin(id=2, error={"code": 1, "message": "no canary-of-the-wire"})
    one.from_plugin(id=3, method="no.canary-of-the-wire")
    one.to_plugin(id=3, error={"code": 1, "message": "x" * 990 + "canary-of-the-wire"})
    told = repr(one.rows)
    assert "canary" not in told
    assert "1234" not in told
    assert MASK in told
    quiet = Traced(bodies=False)
    quiet.to_plugin(method="plugin.event", params={"text": "private"})
    assert quiet.rows[0].params is None


@pytest.mark.parametrize(
    "junk",
    [
        b"\xff\xfe\x00{}\n",
        b"[1,2,3]\n",
        b'{"id": {}, "method": 3}\n',
        b'{"id": 1, "error": "text"}\n',
        b'{"id": 1, "error": {"code": "x", "message": [1]}}\n',
        b'{"method": "$/stream", "params": 7}\n',
        b'{"id": 1, "result": ' + b"[" * 5_000 + b"\n",
        b"x" * 2_000_000,
        b'{"method":"' + b"\\u001b[2J" * 100 + b'","id":1}\n{"id":1,"result":1}\n',
    ],
)
def test_whatever_comes_nothing_is_raised_and_no_control_character_is_told(junk: bytes):
    one = Traced()
    one.trace.read(junk)
    one.trace.written(junk)
    one.trace.tick()
    one.to_plugin(id=9, method="greet", params={})
    one.trace.read(b"\n")
    one.from_plugin(id=9, result="still")
    assert one.rows[-1].result == "still"
    assert "\x1b" not in "".join(row.method + row.error for row in one.rows)


def test_frames_may_come_in_pieces():
    one = Traced()
    one.to_plugin(id=1, method="greet", params={})
    for byte in b'{"id":1,"result":"whole"}\n':
        one.trace.read(bytes([byte]))
    assert one.rows[0].result == "whole"


def test_past_the_budget_messages_are_counted_and_not_read():
    one = Traced()
    for number in range(MAX_PER_S * 3):
        one.to_plugin(method="plugin.event", params={"n": number})
    assert len(one.rows) <= 2 * MAX_PER_S
    assert one.trace.skipped >= MAX_PER_S
