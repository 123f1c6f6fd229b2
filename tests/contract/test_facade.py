"""What every facade does, wherever its host is: one suite over {in process, socket}."""

from collections.abc import Callable

import anyio
import pytest

from host.errors import (
    ContributionNotFound,
    DeadlineExceeded,
    InvalidParams,
    MethodNotFound,
    NotActive,
    PlughostError,
    PluginDied,
    PluginNotFound,
    WrongShape,
)
from host.facade import Board, Facade, TailQuery
from host.facade.pages import HostPage
from host.facade.plugin_pages import PluginPage
from host.facade.queries import QUERIES
from host.facade.rows import PluginRow
from host.facade.tails import EventRow, LogRow, TraceRow
from host.facade.verbs import VERBS
from tests.contract.conftest import WAIT_S

IDS = {"hello", "counter", "streamer", "asks", "exits-7", "never-answers"}


async def _until(board: Board, holds: Callable[[], bool]) -> None:
    with anyio.fail_after(WAIT_S):
        while not holds():
            await board.moved()


async def test_it_has_every_method_of_the_protocol(facade: Facade):
    for name in QUERIES | VERBS | {"watch", "tail", "stream"}:
        assert callable(getattr(facade, name)), name


async def test_queries_bring_their_types(facade: Facade):
    assert isinstance(await facade.host(), HostPage)
    rows = await facade.plugins()
    assert {row.id for row in rows} == IDS
    assert all(isinstance(row, PluginRow) for row in rows)
    page = await facade.plugin("hello")
    assert isinstance(page, PluginPage)
    assert page.row.id == "hello"
    assert isinstance(await facade.metrics(), str)
    for query in (
        facade.problems,
        facade.prompts,
        facade.storage,
        facade.commands,
        facade.schedules,
        facade.contributions,
        facade.event_lag,
        facade.dead_letters,
        facade.hooks,
    ):
        assert isinstance(await query(), tuple)
    assert (await facade.permissions("hello")).plugin == "hello"
    assert (await facade.config("hello")).plugin == "hello"
    assert (await facade.plugin_why("hello")).plugin == "hello"
    samples = await facade.plugin_samples("hello")
    assert len(samples.at_s) == len(samples.cpu_cores) == len(samples.memory_bytes)


async def test_a_plugin_is_started_called_and_stopped(facade: Facade):
    row = await facade.plugin_start("hello")
    assert (row.state, row.enabled) == ("active", True)
    assert row.pid is not None
    [greet] = [method for method in await facade.plugin_methods("hello") if method.name == "greet"]
    assert greet.params["properties"]["name"]["type"] == "string"
    assert not greet.stream
    result = await facade.call("hello", "greet", {"name": "you"})
    assert result.value == "Hello, you"
    assert result.seconds >= 0
    restarted = await facade.plugin_restart("hello")
    assert restarted.pid not in (None, row.pid)
    reloaded = await facade.plugin_reload("hello")
    assert reloaded.state == "active"
    assert reloaded.pid not in (None, row.pid, restarted.pid)
    stopped = await facade.plugin_stop("hello")
    assert (stopped.pid, stopped.wanted) == (None, "stopped")
    with pytest.raises(NotActive):
        await facade.call("hello", "greet", {"name": "you"})
    with pytest.raises(NotActive):
        await facade.plugin_methods("hello")


async def test_errors_are_of_their_own_class_and_say_what_to_do(facade: Facade):
    await facade.plugin_start("hello")
    with pytest.raises(PluginNotFound, match="there is no plugin 'helo'") as raised:
        await facade.plugin_start("helo")
    assert raised.value.remedy
    assert raised.value.code == "plugin_not_found"
    with pytest.raises(MethodNotFound):
        await facade.call("hello", "gret", {"name": "you"})
    with pytest.raises(InvalidParams):
        await facade.call("hello", "greet", {"nam": "you"})
    with pytest.raises(WrongShape):
        await facade.call("hello", "count", {"upto": 3})
    with pytest.raises(ContributionNotFound):
        await facade.storage_get("hello", "nothing")
    await facade.plugin_start("never-answers")
    with pytest.raises(DeadlineExceeded):
        await facade.call("never-answers", "hang", timeout_s=0.3)
    await facade.plugin_start("exits-7")
    with pytest.raises(PluginDied, match="7"):
        await facade.call("exits-7", "leave")


async def test_what_is_kept_for_a_plugin_can_be_seen_and_changed(facade: Facade):
    await facade.storage_set("hello", "a:1", {"n": 1})
    await facade.storage_set("hello", "a:2", [2])
    assert await facade.storage_get("hello", "a:1") == {"n": 1}
    assert [one.key for one in await facade.storage_keys("hello", prefix="a:", after="a:1")] == ["a:2"]
    assert await facade.storage_delete("hello", "a:1") is True
    assert await facade.storage_delete("hello", "a:1") is False
    assert await facade.storage_wipe("hello") == 1


async def test_a_board_shows_a_plugin_as_it_goes(facade: Facade):
    async with facade.watch(["plugins", "host"], hz=10) as board:
        assert set(board.plugins()) == IDS
        assert board.host is not None
        await facade.plugin_start("hello")
        await _until(board, lambda: board.plugins()["hello"].state == "active")
        await facade.plugin_kill("hello")
        await _until(board, lambda: board.plugins()["hello"].pid is None)
        assert board.plugin("nobody") is None


@pytest.mark.parametrize(("topics", "hz"), [(["nothing"], 2.0), (["plugins"], 0.0), (["plugins"], 99.0)])
async def test_a_board_of_nothing_or_too_fast_is_refused(facade: Facade, topics: list[str], hz: float):
    with pytest.raises(InvalidParams):
        async with facade.watch(topics, hz=hz):
            pass


async def test_logs_events_and_calls_come_as_they_happen(facade: Facade):
    async with (
        facade.tail(TailQuery(source="logs", plugins=("hello",))) as logs,
        facade.tail(TailQuery(source="events", kinds=("lifecycle",))) as events,
        facade.tail(TailQuery(source="rpc", plugins=("hello",), bodies=True)) as calls,
    ):
        await facade.plugin_start("hello")
        await facade.call("hello", "greet", {"name": "you"})
        with anyio.fail_after(WAIT_S):
            async for batch in logs:
                if any(line.text.startswith("hello is ready") for line in batch.lines):
                    assert all(isinstance(line, LogRow) for line in batch.lines)
                    break
            async for batch in events:
                if any("active" in line.text for line in batch.lines):
                    assert all(isinstance(line, EventRow) for line in batch.lines)
                    break
            async for batch in calls:
                if any(line.method == "greet" and line.ended_s is not None for line in batch.lines):
                    assert all(isinstance(line, TraceRow) for line in batch.lines)
                    break


async def test_a_verb_is_in_the_audit(facade: Facade):
    async with facade.tail(TailQuery(source="events", kinds=("audit",))) as events:
        await facade.plugin_start("hello")
        with anyio.fail_after(WAIT_S):
            batch = await anext(events)
        assert batch.lines[0].by
        assert "hello" in batch.lines[0].text


async def test_the_audit_tells_what_came_of_a_stream(facade: Facade):
    await facade.plugin_start("streamer")
    told: list[tuple[str, str]] = []
    async with facade.tail(TailQuery(source="events", kinds=("audit",), topic="*.audit.stream")) as events:
        assert [item async for item in facade.stream("streamer", "squares", {"upto": 3})] == [0, 1, 4]
        ticks = facade.stream("streamer", "ticks", {"upto": 1_000_000})
        assert await anext(ticks) == 0
        await ticks.aclose()
        with pytest.raises(PlughostError):
            await anext(facade.stream("streamer", "nothing"))
        with anyio.fail_after(WAIT_S):
            while len(told) < 6:
                told += [(row.text.rpartition(": ")[2], row.severity) for row in (await anext(events)).lines]
    assert sorted(told) == [
        *[("begun", "info")] * 3,
        ("done", "info"),
        ("left by its reader", "info"),
        ("refused, method_not_found", "warning"),
    ]


async def test_a_stream_brings_its_items_and_may_be_left(facade: Facade):
    await facade.plugin_start("streamer")
    squares = facade.stream("streamer", "squares", {"upto": 200})
    assert [item async for item in squares] == [number * number for number in range(200)]
    ticks = facade.stream("streamer", "ticks", {"upto": 1_000_000})
    assert await anext(ticks) == 0
    await ticks.aclose()
    with pytest.raises(PlughostError):
        await anext(facade.stream("streamer", "nothing"))


async def test_a_call_that_is_given_up_frees_the_plugin(facade: Facade):
    await facade.plugin_start("never-answers")
    with anyio.move_on_after(0.3) as scope:
        await facade.call("never-answers", "hang", timeout_s=30)
    assert scope.cancelled_caught
    async with facade.watch(["plugins"], hz=10) as board:
        await _until(board, lambda: board.plugins()["never-answers"].in_flight == 0)
    assert (await facade.call("never-answers", "answer")).value == 42


async def test_events_can_be_emitted(facade: Facade):
    async with facade.tail(TailQuery(source="events", topic="greeting.*")) as events:
        assert isinstance(await facade.event_emit("greeting.sent", {"to": "you"}), int)
        with anyio.fail_after(WAIT_S):
            assert (await anext(events)).lines[0].topic == "greeting.sent"


async def test_nothing_is_kept_or_tried_again_for_a_plugin_that_is_not_there(facade: Facade) -> None:
    for asked in (facade.storage_set("helo", "key", 1), facade.event_redrive("helo")):
        with pytest.raises(PluginNotFound, match="there is no plugin 'helo'"):
            await asked
    assert "helo" not in [page.plugin for page in await facade.storage()]


async def test_what_a_plugin_asks_is_seen_and_answered(facade: Facade) -> None:
    await facade.plugin_start("asks")
    answered: list[object] = []

    async def ask() -> None:
        answered.append((await facade.command_run("move", {"to": "attic"})).value)

    async with facade.watch(["prompts"], hz=10) as board, anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await _until(board, lambda: bool(board.prompts()))
        [row] = board.prompts().values()
        assert (row.plugin, row.title) == ("asks", "Move everything to attic?")
        assert await facade.prompts() == await facade.prompts("asks") == (row,)
        assert await facade.prompts("hello") == ()
        [problem] = [one for one in await facade.problems() if one.plugin == "asks"]
        assert (problem.kind, problem.fix) == ("prompt", "prompt_answer")
        assert row.id in problem.remedy
        with pytest.raises(InvalidParams, match="how: found 'blue'"):
            await facade.prompt_answer(row.id, {"how": "blue"})
        await facade.prompt_answer(row.id, {"how": "slowly"})
        await _until(board, lambda: not board.prompts())
        with pytest.raises(ContributionNotFound, match="prompt that waits"):
            await facade.prompt_dismiss(row.id)
    assert answered == ["moved slowly to attic"]
    assert [one for one in await facade.problems() if one.plugin == "asks"] == []
