"""Vices of quantity: the host stays answerable and small, and it is the plugin that waits."""

import anyio
import pytest

from host.errors import DeadlineExceeded
from tests.host.vices.conftest import GROWTH_BYTES, Vice, Vices

GREETINGS = 200
MEBIBYTE = "x" * 1024 * 1024


async def _neighbour_is_served(vice: Vice) -> None:
    await vice.greet(GREETINGS)
    assert vice.growth_bytes() < GROWTH_BYTES


async def test_a_line_without_end_is_given_up_and_read_past(vices: Vices) -> None:
    async with vices("floods-stdout") as vice:
        await vice.load()
        assert await vice.call("flood") == "flooding"
        record = await vice.log.wait("a frame is longer than")
        assert record.getMessage() == "frame_too_large: a frame is longer than 16777216 bytes"
        await _neighbour_is_served(vice)
        assert vice.view.state == "active"
        assert type(await vice.refuse("answer", timeout_s=0.3)) is DeadlineExceeded
        await vice.host.kill("floods-stdout")
        assert vice.growth_bytes() < GROWTH_BYTES


async def test_a_flood_of_messages_is_read_at_a_bounded_pace(vices: Vices) -> None:
    async with vices("floods-lines") as vice:
        await vice.load()
        assert await vice.call("flood") == "flooding"
        record = await vice.log.wait("log lines were left out")
        assert vars(record)["fields"]["lines"] > 0
        await _neighbour_is_served(vice)
        assert vice.view.state == "active"
        assert vice.view.figures.faults == 0
        await vice.unload()


async def test_a_flood_of_stray_output_is_no_fault_and_is_read_at_a_bounded_pace(vices: Vices) -> None:
    async with vices("floods-stray") as vice:
        await vice.load()
        assert await vice.call("flood") == "flooding"
        await vice.log.wait("log lines were left out")
        await _neighbour_is_served(vice)
        hinted = vice.log.find("its stdout is the wire, so let it print on stderr")
        assert len(hinted) == 1
        assert vars(hinted[0])["fields"]["text"] == "Traceback (most recent call last): not really"
        assert vice.view.state == "active"
        assert vice.view.figures.faults == 0
        await vice.unload()


@pytest.mark.parametrize("newlines", [True, False], ids=["lines", "one-line"])
async def test_a_flood_on_stderr_is_read_at_a_bounded_pace(vices: Vices, newlines: bool) -> None:
    async with vices("floods-stderr") as vice:
        await vice.load()
        assert await vice.call("flood", newlines=newlines) == "flooding"
        await vice.log.wait("log lines were left out")
        await _neighbour_is_served(vice)
        assert await vice.call("answer") == 42
        await vice.unload()
        facts = vice.view.last_exit
        assert facts is not None
        # How many came by then is the machine's; more are never kept.
        assert 0 < len(facts.stderr) <= 200
        assert max(len(line) for line in facts.stderr) <= 8 * 1024


async def test_a_flood_of_log_lines_through_the_sdk_is_bounded(vices: Vices) -> None:
    async with vices("floods-notifications") as vice:
        await vice.load()
        assert await vice.call("flood") == "flooding"
        await vice.log.wait("log lines were left out")
        await _neighbour_is_served(vice)
        assert vice.view.figures.faults == 0
        await vice.host.kill("floods-notifications")


async def test_what_is_sent_to_a_plugin_that_never_reads_is_bounded(vices: Vices) -> None:
    async with vices("never-reads-stdin") as vice:
        await vice.load()

        async def ask() -> None:
            error = await vice.refuse("answer", timeout_s=0.3, text=MEBIBYTE)
            assert type(error) is DeadlineExceeded

        for _ in range(15):
            async with anyio.create_task_group() as tasks:
                for _ in range(20):
                    tasks.start_soon(ask)
                await vice.greet()
        assert vice.growth_bytes() < GROWTH_BYTES
        assert vice.view.figures.in_flight == 0
        await vice.host.kill("never-reads-stdin")
        facts = vice.view.last_exit
        assert facts is not None
        assert facts.exit_text == "was killed by SIGKILL"
