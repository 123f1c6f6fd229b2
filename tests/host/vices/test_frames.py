"""Vices on the wire: each bad frame is a fault of its own, and the frames around it are fine."""

import anyio
import pytest

from host.errors import DeadlineExceeded, PlughostError
from tests.host.vices.conftest import GROWTH_BYTES, Vice, Vices


@pytest.mark.parametrize(
    ("method", "said", "frame"),
    [
        ("broken", "malformed_frame: ", '"result":'),
        ("bad_utf8", "malformed_frame: ", "\ufffd"),
        ("not_a_number", "malformed_frame: ", "NaN"),
        ("no_envelope", "malformed_frame: ", '"result":1}'),
        ("batch", "batch_unsupported: batches are not taken on this pipe", '[{"jsonrpc"'),
    ],
)
async def test_a_frame_that_is_no_message_is_a_fault_and_the_wire_lives(
    vices: Vices, method: str, said: str, frame: str
) -> None:
    async with vices("bad-json") as vice:
        await vice.load()
        assert type(await vice.refuse(method, timeout_s=0.5)) is DeadlineExceeded
        (record,) = vice.log.find(said)
        assert (record.name, record.levelname) == ("plugin.bad-json", "WARNING")
        assert frame in vars(record)["fields"]["frame"]
        await _lives_on(vice, faults=1)


async def test_a_hundred_faults_in_ten_seconds_end_the_session(vices: Vices) -> None:
    async with vices("bad-json") as vice:
        await vice.load()
        errors: list[PlughostError] = []

        async def ask() -> None:
            errors.append(await vice.refuse("broken", timeout_s=0.5))

        for _ in range(2):
            async with anyio.create_task_group() as tasks:
                for _ in range(60):
                    tasks.start_soon(ask)
        assert {error.code for error in errors} <= {"deadline_exceeded", "plugin_died", "not_active"}
        change = await vice.wait_state("backoff")
        assert change.reason.startswith("100 faults on the wire, the last: ")
        facts = vice.view.last_exit
        assert facts is not None
        assert (facts.cause, facts.signal) == ("protocol_faults", "SIGKILL")
        await vice.greet()
        await vice.wait_state("active")
        assert await vice.call("answer") == 42


async def test_a_frame_that_is_too_long_is_read_past(vices: Vices) -> None:
    async with vices("long-line") as vice:
        await vice.load()
        assert type(await vice.refuse("shout", timeout_s=0.5)) is DeadlineExceeded
        await vice.greet()
        assert await vice.call("answer") == 42
        (record,) = vice.log.find("frame_too_large: a frame is longer than 16777216 bytes")
        assert vars(record)["fields"]["frame"].startswith('{"jsonrpc":"2.0","id":')
        assert len(vars(record)["fields"]["frame"]) == 200
        assert vice.growth_bytes() < GROWTH_BYTES
        await _lives_on(vice, faults=1)


async def test_a_frame_that_is_nested_too_deep_is_a_fault(vices: Vices) -> None:
    async with vices("deep-json") as vice:
        await vice.load()
        assert type(await vice.refuse("dig", timeout_s=0.5)) is DeadlineExceeded
        (record,) = vice.log.find("malformed_frame: ")
        assert "recursion" in record.getMessage()
        await _lives_on(vice, faults=1)


async def test_ids_that_were_never_asked_are_faults(vices: Vices) -> None:
    async with vices("forged-ids") as vice:
        await vice.load()
        assert await vice.call("forge") == "asked"
        for forged in ("'999999'", "'-1'", "'text'", f"'{2**63}'"):
            assert vice.log.find(f"forged_id: an answer names {forged}, which was never asked")
        await _lives_on(vice, faults=4)


async def test_a_second_answer_is_a_fault_and_the_first_one_counts(vices: Vices) -> None:
    async with vices("forged-ids") as vice:
        await vice.load()
        assert await vice.call("twice") == "first"
        assert await vice.call("answer") == 42
        (record,) = vice.log.find("duplicate_id: ")
        assert record.getMessage().endswith("is answered a second time")
        await _lives_on(vice, faults=1)


async def test_one_id_for_two_requests_is_a_fault(vices: Vices) -> None:
    async with vices("forged-ids") as vice:
        await vice.load()
        assert await vice.call("duplicate") == "asked twice under one id"
        assert vice.log.find("duplicate_id: request id 7 is in use already")
        await _lives_on(vice, faults=1)


async def test_requests_under_ids_that_are_none_are_faults(vices: Vices) -> None:
    async with vices("forged-ids") as vice:
        await vice.load()
        assert await vice.call("odd") == "asked under ids that are none"
        assert len(vice.log.find("invalid_id: host.info has an id")) == 3
        await _lives_on(vice, faults=3)


async def _lives_on(vice: Vice, *, faults: int) -> None:
    await vice.greet()
    assert await vice.call("answer") == 42
    assert (vice.view.state, vice.view.restarts) == ("active", 0)
    assert vice.view.figures.faults == faults
