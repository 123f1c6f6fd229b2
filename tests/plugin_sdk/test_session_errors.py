"""What of a plugin's errors crosses the wire, and what its log says."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from plugin_sdk import Plugin, PluginError, method
from plugin_sdk.api.log import Log
from protocol import errors
from tests.plugin_sdk.session_host import (
    refused,
    session,
    started,
    until,
)


class Failing(Plugin):
    @method
    async def on_purpose(self) -> None:
        raise PluginError("no such page", {"page": 7, "near": ["a"]})

    @method
    async def own_code(self) -> None:
        raise PluginError("mine", code=42)

    @method
    async def secret(self) -> None:
        raise ValueError("secret canary")

    @method
    def secret_in_thread(self) -> None:
        raise KeyError("secret canary")

    @method
    async def undecodable(self) -> None:
        raise OSError("no file \udcff")

    @method
    async def stream(self) -> AsyncIterator[int]:
        yield 1
        raise ValueError("secret canary")

    @method
    async def own_cancel(self) -> None:
        raise asyncio.CancelledError


async def test_an_authors_error_crosses_intact() -> None:
    async with started(Failing) as host:
        error = await refused(host.call("on_purpose"))
        assert (error.code, error.message, error.data) == (
            errors.PLUGIN_ERROR,
            "no such page",
            {"page": 7, "near": ["a"]},
        )
        assert (await refused(host.call("own_code"))).code == 42


@pytest.mark.parametrize("name", ["secret", "secret_in_thread", "stream"])
async def test_an_unexpected_error_is_an_incident_that_only_the_log_explains(name: str) -> None:
    async with started(Failing) as host:
        error = await refused(host.read(name) if name == "stream" else host.call(name))
        assert error.code == errors.INTERNAL_ERROR
        assert "canary" not in f"{error.message}{error.data}"
        (line,) = host.logs
        assert line["level"] == "error"
        assert line["data"]["incident"] == error.data["incident"]
        assert error.data["incident"] in error.message
        assert "secret canary" in line["exception"]
        assert "Traceback" in line["exception"]
        assert line["exception"].count("File ") == 1, "only the author's own frame is shown"


async def test_an_error_text_that_utf8_can_not_express_is_logged_all_the_same() -> None:
    async with started(Failing) as host:
        assert (await refused(host.call("undecodable"))).code == errors.INTERNAL_ERROR
        assert "no file" in host.logs[0]["exception"]
        assert await host.call("plugin.ping") == {}


async def test_a_handler_that_ends_by_a_cancel_of_its_own_is_an_incident() -> None:
    async with started(Failing) as host:
        assert (await refused(host.call("own_cancel"))).code == errors.INTERNAL_ERROR


class Silent(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (RuntimeError("API key is required"), "RuntimeError: API key is required; incident "),
        (RuntimeError(), "RuntimeError; incident "),
        (OSError("no file \udcff"), "OSError: no file \\udcff; incident "),
        (ValueError("x" * 5_000), f"ValueError: {'x' * 1_000}…; incident "),
        (Silent(), "Silent: (its text can't be made: ValueError); incident "),
    ],
)
async def test_a_failed_start_tells_what_was_raised(raised: Exception, told: str) -> None:
    class Starting(Plugin):
        async def on_load(self) -> None:
            raise raised

    async with session(lambda: Starting) as host:
        error = await refused(host.start())
        assert error.message == told + error.data["incident"]


class Unshowable:
    def __repr__(self) -> str:
        raise ValueError("no repr")


class Logging(Plugin):
    @method
    async def levels(self) -> None:
        self.log.debug("a", x=1)
        self.log.info("b")
        self.log.warning("c")
        self.log.error("d")
        self.log.critical("e")

    @method
    async def with_exceptions(self) -> None:
        try:
            raise LookupError("first")
        except LookupError as exc:
            self.log.exception("one")
            self.log.error("two", exc_info=True)
            kept = exc
        self.log.critical("three", exc_info=kept)

    @method
    async def hard(self) -> None:
        odd: dict[str, Any] = {"key\udcff": 1}
        self.log.info("set", data={1j}, bad="\udcff", **odd)
        self.log.info("file \udcff")
        self.log.info("repr", data=Unshowable())
        self.log.info("x" * 20_000)
        try:
            raise OSError("\udcff")
        except OSError:
            self.log.exception("undecodable")

    @method
    def from_thread(self) -> None:
        self.log.info("thread")


async def test_every_level_reaches_the_host() -> None:
    async with started(Logging) as host:
        await host.call("levels")
        assert [line["level"] for line in host.logs] == ["debug", "info", "warning", "error", "critical"]
        assert host.logs[0] == {"level": "debug", "message": "a", "data": {"x": 1}}


async def test_an_exception_is_shown_with_its_traceback() -> None:
    async with started(Logging) as host:
        await host.call("with_exceptions")
        assert len(host.logs) == 3
        for line in host.logs:
            assert line["exception"].startswith("Traceback")
            assert line["exception"].rstrip().endswith("LookupError: first")


async def test_what_json_can_not_express_is_shown_and_never_raises() -> None:
    async with started(Logging) as host:
        await host.call("hard")
        shown, file, unshowable, long, undecodable = host.logs
        assert shown["data"] == {"data": "{1j}", "bad": "'\\udcff'", "key\\udcff": "1"}
        assert file["message"] == "file \\udcff"
        assert unshowable["data"] == {"data": "<Unshowable, whose repr raised ValueError>"}
        assert len(long["message"]) == 16_384
        assert "OSError" in undecodable["exception"]


async def test_a_thread_may_log() -> None:
    async with started(Logging) as host:
        await host.call("from_thread")
        await until(lambda: host.logs)
        assert host.logs[0]["message"] == "thread"


async def test_lines_that_were_dropped_are_counted_by_the_next() -> None:
    lines: list[dict[str, Any]] = []
    reads = False

    def send(line: bytes) -> bool:
        if reads:
            lines.append(msgspec.json.decode(line))
        return reads

    log = Log(send)
    log.info("lost")
    log.info("lost")
    reads = True
    log.info("told")
    log.info("after")
    assert [line.get("dropped", 0) for line in lines] == [2, 0]
