"""The client: a facade over the socket. Boards, tails, streams, errors, and how it attaches."""

import copy
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.control import subscriptions
from host.control.client import connect
from host.control.error_mapping import from_wire, to_wire
from host.control.wire import encode
from host.errors import (
    Denied,
    HostClosed,
    InvalidParams,
    NoHost,
    PlughostError,
    PluginError,
    PluginNotFound,
    ProtocolFault,
)
from host.facade import Batch, Board, Differ, TailQuery
from host.facade.board import Frame
from host.facade.queries import QUERIES
from host.facade.tails import LogRow
from host.facade.verbs import VERBS
from protocol.errors import ErrorObject
from tests.every_error import CLASSES, an_error
from tests.host.control.conftest import Serving
from tests.host.control.small_facade import ROW, SmallFacade

_values = st.sampled_from([None, 0, 1, "", "x", [1], [1, 2], {"deep": [None]}])
_rows = st.dictionaries(st.sampled_from("abc"), _values, max_size=3)
_pictures = st.lists(
    st.dictionaries(
        st.sampled_from(["plugins", "problems", "host"]),
        st.dictionaries(st.sampled_from(["x", "y", "z"]), _rows, max_size=3),
        max_size=3,
    ),
    max_size=6,
)


@given(_pictures)
def test_a_picture_and_its_steps_make_the_next_picture_also_through_json(pictures: Any):
    differ, board = Differ("e"), Board()
    for picture in pictures:
        # As the host does: a row has the same fields each time, so that a step can name what changed.
        whole = {
            topic: {key: dict.fromkeys("abc") | row for key, row in rows.items()}
            for topic, rows in picture.items()
        }
        frame = differ.frame(copy.deepcopy(whole), 1.0)
        if frame is not None:
            board.apply(msgspec.json.decode(encode(frame), type=Frame))
        assert {t: r for t, r in board.picture.items() if r} == {t: r for t, r in whole.items() if r}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_comes_back_as_its_class_with_all_that_it_says(cls: type[PlughostError]):
    sent = an_error(cls)
    found = from_wire(msgspec.json.decode(encode(to_wire(sent, "m")), type=ErrorObject))
    assert type(found) is (cls if "code" in vars(cls) else PlughostError)
    assert str(found) == str(sent)
    assert found.code == sent.code
    plain = msgspec.json.decode(encode(sent.as_json()))
    assert msgspec.json.decode(encode(found.as_json())) == plain


def test_an_error_of_a_newer_host_keeps_its_code():
    found = from_wire(ErrorObject(-32099, "no", {"code": "brand_new", "message": "no", "remedy": "do"}))
    assert (type(found), found.code, found.remedy) == (PlughostError, "brand_new", "do")


async def test_every_query_and_verb_is_there(serving: Serving, tmp_path: Path):
    async with serving(), connect(tmp_path) as host:
        for name in QUERIES | VERBS | {"watch", "tail", "stream"}:
            assert callable(getattr(host, name))
        assert await host.plugins() == (ROW,)
        assert await host.plugin_start("hello") == ROW
        assert (await host.call("hello", "m", timeout_s=2.0)).value == ["hello", "m", None, 2.0]
        with pytest.raises(PluginNotFound, match="did you mean hello"):
            await host.plugin_start("nobody")


async def test_a_plugins_own_error_crosses_intact(serving: Serving, tmp_path: Path, small: SmallFacade):
    small.error = PluginError("no luck", {"why": [1]}, rpc_code=7)
    async with serving(), connect(tmp_path) as host:
        with pytest.raises(PluginError, match="no luck") as raised:
            await host.storage_get("a", "b")
        assert (raised.value.detail, raised.value.rpc_code) == ({"why": [1]}, 7)


async def test_a_board_follows_and_is_let_go(
    serving: Serving, tmp_path: Path, small: SmallFacade, until: Any
):
    small.show({"plugins": {"a": {"x": 1, "y": 2}}})
    async with serving() as server, connect(tmp_path) as host:
        async with host.watch(["plugins"], hz=10) as board:
            assert board.picture == {"plugins": {"a": {"x": 1, "y": 2}}}
            assert server.clients()[0].subscriptions == 1
            await board.moved()
            small.show({"plugins": {"a": {"x": 3, "y": 2}, "b": {"x": 0, "y": 0}}})
            with anyio.fail_after(5):
                assert await board.moved() == {("plugins", "a"), ("plugins", "b")}
            assert board.picture["plugins"]["a"] == {"x": 3, "y": 2}
        await until(lambda: small.ended == ["watch"])
        with pytest.raises(InvalidParams, match="found nothing"):
            async with host.watch(["nothing"]):
                pass


async def test_a_tail_brings_lines_in_their_type_and_what_was_lost(
    serving: Serving, tmp_path: Path, small: SmallFacade, until: Any
):
    line = LogRow(seq=1, at_s=1.0, plugin="a", session="s", level=20, source="log", text="x" * 1000)
    async with serving(), connect(tmp_path) as host, host.tail(TailQuery(source="logs")) as tail:
        await until(lambda: small.tails)
        small.tails[0].take(Batch([line] * 3_000, 7))
        got, dropped = 0, 0
        with anyio.fail_after(5):
            while got < 3_000:
                batch = await anext(tail)
                assert batch.lines[0] == line
                got, dropped = got + len(batch.lines), dropped + batch.dropped
        assert (got, dropped) == (3_000, 7)


async def test_lines_that_come_soon_after_others_come_together(
    serving: Serving, tmp_path: Path, small: SmallFacade, until: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(subscriptions, "BATCH_EVERY_S", 1.0)
    line = LogRow(seq=1, at_s=1.0, plugin="a", session="s", level=20, source="log", text="x")
    async with serving(), connect(tmp_path) as host, host.tail(TailQuery(source="logs")) as tail:
        await until(lambda: small.tails)
        small.tails[0].take(Batch([line]))
        with anyio.fail_after(5):
            assert await anext(tail) == Batch([line])
            for _ in range(3):
                small.tails[0].take(Batch([line]))
                for _ in range(10):
                    await anyio.lowlevel.checkpoint()
            assert await anext(tail) == Batch([line] * 3)


async def test_lines_are_not_put_off_where_many_wait(
    serving: Serving, tmp_path: Path, small: SmallFacade, until: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(subscriptions, "BATCH_EVERY_S", 3_600.0)
    line = LogRow(seq=1, at_s=1.0, plugin="a", session="s", level=20, source="log", text="x")
    many = subscriptions.FULL_BATCH_LINES
    async with serving(), connect(tmp_path) as host, host.tail(TailQuery(source="logs")) as tail:
        await until(lambda: small.tails)
        small.tails[0].take(Batch([line] * many))
        with anyio.fail_after(5):
            assert len((await anext(tail)).lines) == many
            small.tails[0].take(Batch([line]))
            assert await anext(tail) == Batch([line])


async def test_a_stream_runs_under_credit_and_ends_with_its_reader(
    serving: Serving, tmp_path: Path, small: SmallFacade, until: Any
):
    async with serving(), connect(tmp_path) as host:
        assert [one async for one in host.stream("hello", "t", {"upto": 300})] == [*range(300)]
        reading = host.stream("hello", "t", {"upto": 100_000})
        assert await anext(reading) == 0
        await reading.aclose()
        await until(lambda: len(small.ended) == 2)
        assert int(small.ended[1].rpartition(" ")[2]) <= 128
        with pytest.raises(PluginNotFound):
            await anext(host.stream("nobody", "t"))
        with pytest.raises(PluginNotFound):
            assert [one async for one in host.stream("hello", "fails")] == [0, 1, 2]


async def test_a_call_that_is_given_up_is_cancelled_on_the_other_side(
    serving: Serving, tmp_path: Path, small: SmallFacade, until: Any
):
    async with serving(), connect(tmp_path) as host, anyio.create_task_group() as tasks:
        tasks.start_soon(host.call, "hello", "wait")
        await small.begun.wait()
        tasks.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await until(lambda: small.ended == ["call"])


async def test_the_hosts_own_end_closes_boards_with_its_error(
    serving: Serving, tmp_path: Path, small: SmallFacade
):
    async with serving(), connect(tmp_path) as host, host.watch(["plugins"]) as board:
        small.close_boards(HostClosed("the host has stopped"))
        await board.moved() if board.picture["plugins"] else None
        with pytest.raises(HostClosed, match="has stopped"), anyio.fail_after(5):
            await board.moved()


async def test_nobody_there_says_which_data_folder_was_looked_in(tmp_path: Path):
    with pytest.raises(NoHost, match=str(tmp_path)) as raised:
        async with connect(tmp_path):
            pass
    assert "plughost run" in raised.value.remedy


async def test_a_verb_on_a_read_only_client_is_denied(serving: Serving, tmp_path: Path):
    async with serving(), connect(tmp_path, read_only=True) as host:
        with pytest.raises(Denied, match="only looks"):
            await host.plugin_start("hello")


async def test_a_host_of_another_version_is_named(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("host.control.attaching.CONTROL_VERSION", 2)
    async with serving():
        with pytest.raises(ProtocolFault, match="version 2") as raised:
            async with connect(tmp_path):
                pass
        assert "update the host" in raised.value.remedy
