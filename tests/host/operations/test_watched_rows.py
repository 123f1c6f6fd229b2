"""Rows of real plugins, as whoever watches them sees them: states, methods, problems."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from host.base_error import PlughostError
from host.errors import PluginNotFound
from host.facade.board import Board
from host.facade.rows import PluginRow, ProblemRow
from host.operations.problem_book import LOOK_S
from host.plugin_host import PluginHost

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "plugins"
VICES = ROOT / "tests" / "plugins"
WAIT_S = 30.0


async def until(board: Board, holds: Callable[[], bool]) -> None:
    """Wait until something holds on a board."""
    with anyio.fail_after(WAIT_S):
        while not holds():
            await board.moved()


def plugin(board: Board, name: str) -> PluginRow:
    row = board.plugin(name)
    assert row is not None
    return row


async def test_a_row_is_followed_from_its_start_to_its_end():
    async with PluginHost([EXAMPLES / "hello"]) as host, host.facade.watch(["plugins"], hz=10) as board:
        assert plugin(board, "hello").pid is None
        await host.load("hello")
        await until(board, lambda: plugin(board, "hello").state == "active")
        row = plugin(board, "hello")
        assert row.pid is not None
        assert row.started_at_s is not None
        await host.facade.plugin_stop("hello")
        await until(board, lambda: plugin(board, "hello").pid is None)
        assert plugin(board, "hello").wanted == "stopped"


async def test_a_topic_that_is_asked_for_twice_is_one_and_methods_are_of_one_plugin():
    async with PluginHost([EXAMPLES / "hello"]) as host:
        await host.load("hello")
        await host.call("hello", "greet", {"name": "you"})
        async with host.facade.watch(["methods:hello", "methods:hello"], hz=10) as board:
            methods = board.methods("hello")
            assert methods["greet"].calls == 1
            assert methods["greet"].errors == 0


async def test_methods_of_a_plugin_that_does_not_run_are_none():
    async with (
        PluginHost([EXAMPLES / "hello"]) as host,
        host.facade.watch(["methods:hello", "methods:nobody"]) as board,
    ):
        assert board.methods("hello") == board.methods("nobody") == {}


async def test_a_folder_with_a_broken_manifest_has_a_row_and_nobody_has_none(tmp_path: Path):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "plugin.toml").write_text('id = "broken"\nversion = 3\n')
    async with PluginHost([EXAMPLES / "hello", folder]) as host:
        rows = await host.facade.plugins()
        assert [row.id for row in rows] == ["hello", "broken"]
        assert rows[1].manifest_faults
        with pytest.raises(PluginNotFound):
            await host.facade.plugin("nobody")


async def _problem(board: Board, kind: str, name: str) -> ProblemRow:
    problem = f"{kind}:{name}"
    await until(board, lambda: problem in board.problems())
    return board.problems()[problem]


async def test_a_muted_problem_stays_in_the_picture_and_out_of_the_list():
    async with (
        PluginHost([VICES / "wrong-version"], autoload=True) as host,
        host.facade.watch(["problems"], hz=10) as board,
    ):
        problem = await _problem(board, "handshake", "wrong-version")
        await host.facade.problem_mute(problem.id, 60)
        await until(board, lambda: board.problems()[problem.id].muted_until_s is not None)
        assert problem.id not in {row.id for row in await host.facade.problems()}
        await host.facade.problem_mute(problem.id, 0)
        assert problem.id in {row.id for row in await host.facade.problems()}


async def test_a_plugin_that_only_computes_is_seen_to_be_throttled():
    async with (
        PluginHost([VICES / "spins-in-thread"], autoload=True) as host,
        host.facade.watch(["problems"], hz=10) as board,
        anyio.create_task_group() as tasks,
    ):

        async def spin() -> None:
            with suppress(PlughostError):
                await host.call("spins-in-thread", "spin", timeout_s=WAIT_S)

        tasks.start_soon(spin)
        problem = await _problem(board, "limit", "spins-in-thread")
        assert "throttled" in problem.evidence[0]
        tasks.cancel_scope.cancel()


async def test_a_host_without_plugins_has_figures_of_its_own():
    async with PluginHost() as host, host.facade.watch(["host", "problems"], hz=10) as board:
        await until(board, lambda: board.host is not None and bool(board.host.rss_bytes))


ASKER = """
class Asker(Plugin):
    @method
    async def sure(self) -> bool:
        return await self.ui.confirm("Delete 40 sessions?", "They are of last year.")
"""


async def test_a_prompt_and_its_problem_come_at_once(plugins: Path, write_plugin: Callable[..., Path]):
    write_plugin("asker", ASKER, 'permissions = ["prompts:send"]\n')
    async with (
        PluginHost([plugins], autoload=True) as host,
        host.facade.watch(["prompts", "problems"], hz=10) as board,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(host.call, "asker", "sure")
        await until(board, lambda: bool(board.prompts()))
        assert "prompt:asker" in board.problems()
        await host.facade.prompt_answer(next(iter(board.prompts())))
        await until(board, lambda: not board.prompts())
        with anyio.fail_after(LOOK_S / 2):
            await until(board, lambda: "prompt:asker" not in board.problems())
