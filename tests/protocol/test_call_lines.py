"""The lines of calls: filled in where the last call had the same budget, and the same as if put together."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.incoming import Inbound
from protocol.polling import Methods
from tests.protocol.two_peers import connected


@given(st.text(max_size=20), st.floats(min_value=-1.0, max_value=1e6), st.integers(1, 2**60))
def test_a_line_that_is_filled_in_is_the_one_that_is_put_together(
    method: str, left_s: float, request_id: int
) -> None:
    try:
        known = Methods()[method]
    except UnicodeEncodeError:
        return
    params = b'{"a":"100 %d %% %b"}'
    known.line(1, params, b"", left_s)
    expected = known.line(request_id, params, b"", left_s)
    assert known.left_s == left_s
    assert known.form % (request_id, params[:-1]) == expected
    assert json.loads(expected)["method"] == method


def test_a_budget_that_comes_once_keeps_no_form() -> None:
    known = Methods()["m"]
    for left_s in (5.0, 4.5, 5.0, 4.0):
        known.line(1, b'{"a":1}', b"", left_s)
    assert known.left_s is None


@pytest.mark.parametrize("params", [b"{}", b'{"a":1}', b"[1]", b""])
async def test_every_call_says_what_is_left_of_its_budget_however_often_it_is_made(params: bytes) -> None:
    heard: list[Any] = []

    async def hear(inbound: Inbound) -> None:
        heard.append(json.loads(bytes(inbound.params) or b"{}"))

    async with connected("socketpair") as (left, right):
        right.handlers["m"] = hear
        outgoing = left.peer.outgoing
        outgoing.sends_meta = True
        for timeout_s in (20.0, 20.0, 20.0, 15.0, 20.0, 20.0):
            await outgoing.request("m", params, timeout_s=timeout_s)
        await outgoing.request("m", params, timeout_s=20.0, meta=b',"parent":7')
    if params == b"[1]":
        assert heard == [[1]] * 7
        return
    more = {"a": 1} if b"a" in params else {}
    assert [one.pop("_meta") for one in heard] == [
        *({"deadline_ms": ms} for ms in (20_000, 20_000, 20_000, 15_000, 20_000, 20_000)),
        {"deadline_ms": 20_000, "parent": 7},
    ]
    assert heard == [more] * 7
