"""Vices of single calls: no answer, a result that is none, errors of every kind."""

import anyio
import pytest

from host.errors import (
    DeadlineExceeded,
    InvalidResult,
    PluginDied,
    PluginError,
    PluginIncident,
)
from tests.host.vices.conftest import Vice, Vices


async def test_a_call_that_is_never_answered_ends_at_its_deadline_and_is_cancelled(vices: Vices) -> None:
    async with vices("never-answers") as vice:
        await vice.load()
        error = await vice.refuse("hang", timeout_s=0.3)
        assert type(error) is DeadlineExceeded
        assert error.message == "never-answers.hang did not answer within 0.3 s"
        assert error.data["plugin"] == "never-answers"
        assert error.data["method"] == "hang"
        await vice.greet()
        # The answer to the cancelled call is on the wire before the answer to a later one.
        assert await vice.call("answer") == 42
        assert await vice.call("answer") == 42
        figures = vice.view.figures
        assert (figures.late, figures.in_flight, figures.faults) == (1, 0, 0)
        assert (figures.calls, figures.errors) == (3, 1)


async def test_calls_that_are_never_answered_keep_no_place_of_later_ones(vices: Vices) -> None:
    async with vices("never-answers") as vice:
        await vice.load()

        async def hang() -> None:
            assert type(await vice.refuse("hang", timeout_s=0.5)) is DeadlineExceeded

        async with anyio.create_task_group() as tasks:
            for _ in range(64):
                tasks.start_soon(hang)
            await vice.greet()
        assert await vice.call("answer") == 42
        assert await vice.call("answer") == 42
        assert vice.view.figures.late == 64
        assert vice.view.figures.in_flight == 0


@pytest.mark.parametrize("method", ["an_object", "a_circle"])
async def test_a_result_that_json_cant_express_fails_that_call_only(vices: Vices, method: str) -> None:
    async with vices("bad-result") as vice:
        await vice.load()
        error = await vice.refuse(method)
        assert type(error) is InvalidResult
        assert f"the result of {method} can't be expressed in JSON" in error.message
        await _lives_on(vice)


async def test_results_that_json_knows_otherwise_arrive_as_json_has_them(vices: Vices) -> None:
    async with vices("bad-result") as vice:
        await vice.load()
        assert await vice.call("a_set_of_bytes") == ["/w=="]
        assert await vice.call("not_a_number") is None
        assert await vice.call("a_huge_integer") == 2**4_000
        await _lives_on(vice)


@pytest.mark.parametrize("method", ["key_error", "mute", "system_exit_in_thread"])
async def test_an_unexpected_exception_is_an_incident_that_the_log_explains(
    vices: Vices, method: str
) -> None:
    async with vices("raises-oddly") as vice:
        await vice.load()
        error = await vice.refuse(method)
        assert type(error) is PluginIncident
        incident = error.data["detail"]["incident"]
        assert error.message == f"raises-oddly.{method}: {method} failed unexpectedly; incident {incident}"
        assert "secret" not in str(error)
        assert "secret" not in repr(error.data)
        record = await vice.log.wait(f"{method} raised ")
        assert record.name == "plugin.raises-oddly"
        assert record.levelname == "ERROR"
        assert vars(record)["fields"]["incident"] == incident
        await _lives_on(vice)


async def test_the_text_of_an_unexpected_exception_is_in_the_log(vices: Vices) -> None:
    async with vices("raises-oddly") as vice:
        await vice.load()
        await vice.refuse("key_error")
        text = (await vice.log.wait("key_error raised KeyError")).getMessage()
        assert "a secret name" in text
        assert "main.py" in text


async def test_an_authors_error_crosses_intact(vices: Vices) -> None:
    async with vices("raises-oddly") as vice:
        await vice.load()
        error = await vice.refuse("plugin_error")
        assert isinstance(error, PluginError)
        assert (error.message, error.detail) == ("no", {"a": 1})
        await _lives_on(vice)


async def test_an_authors_error_loses_data_that_json_cant_express_and_nothing_else(vices: Vices) -> None:
    async with vices("raises-oddly") as vice:
        await vice.load()
        error = await vice.refuse("unfit_data")
        assert isinstance(error, PluginError)
        assert (error.message, error.detail) == ("no", None)
        await _lives_on(vice)


async def test_a_handler_that_asks_the_process_to_exit_ends_it(vices: Vices) -> None:
    async with vices("raises-oddly") as vice:
        await vice.load()
        error = await vice.refuse("system_exit")
        assert type(error) is PluginDied
        assert (error.data["exit_code"], error.data["last_method"]) == (3, "system_exit")
        await vice.wait_state("backoff")
        await vice.greet()


async def _lives_on(vice: Vice) -> None:
    await vice.greet()
    assert await vice.call("answer") == 42
    assert (vice.view.state, vice.view.restarts) == ("active", 0)
    assert vice.view.figures.faults == 0
