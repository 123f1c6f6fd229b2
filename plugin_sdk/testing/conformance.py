"""Conformance: does a plugin keep the protocol, in whatever language it is written.

It is run as the process that a host would start, by a host of the test's, and asked what every plugin must
bear. No method of its own is called.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec

from plugin_sdk.testing.conformance_process import ConformanceProcess
from plugin_sdk.testing.plugin_folder import read_folder
from protocol.errors import METHOD_NOT_FOUND, RpcError
from protocol.messages.plugin import InitializeResult
from protocol.version import PROTOCOL_VERSIONS

ANSWER_S: Final = 10.0
"""Longest time for an answer; a host waits as long for the first one."""

END_S: Final = 5.0
"""Longest time that a plugin may take to end once its stdin is closed."""


class Check(msgspec.Struct, frozen=True):
    """One thing that a plugin must do."""

    name: str
    passed: bool
    detail: str = ""
    """What it did instead."""


class Conformance(msgspec.Struct, frozen=True):
    """All of them."""

    plugin: str
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """Those that it did not pass."""
        return tuple(check for check in self.checks if not check.passed)


def assert_conforms(folder: str | Path) -> None:
    """Check a plugin's folder. May be called from a test of any kind, also on an event loop.

    Raises:
        AssertionError: It does not keep the protocol, and in which points.
        FolderFault: There is no plugin.
    """
    found: list[Conformance | BaseException] = []

    def run() -> None:
        try:
            found.append(asyncio.run(check_conformance(folder)))
        except BaseException as exc:  # noqa: BLE001 - carried to the thread that asked
            found.append(exc)

    thread = threading.Thread(target=run, name="conformance")
    thread.start()
    thread.join()
    [result] = found
    if isinstance(result, BaseException):
        raise result
    if result.failed:
        lines = "".join(f"\n  {check.name}: {check.detail}" for check in result.failed)
        raise AssertionError(f"plugin {result.plugin!r} does not keep the protocol:{lines}")


async def check_conformance(folder: str | Path) -> Conformance:
    """Return what a plugin passed and what not. Raises FolderFault where there is no plugin."""
    place = read_folder(Path(folder))
    checks: list[Check] = []

    async def check(name: str, does: Callable[[], Awaitable[str]]) -> bool:
        """Note what comes of a check: it returns what is wrong, or nothing."""
        try:
            async with asyncio.timeout(ANSWER_S + END_S):
                detail = await does()
        except RpcError as exc:
            detail = f"{exc.name}: {exc.message}"
        except TimeoutError:
            detail = "it did not come to an end"
        checks.append(Check(name, not detail, detail))
        return not detail

    async with ConformanceProcess(place) as process:
        tests = _Tests(process)
        await check("a request with bad parameters is refused", tests.bad_params)
        if await check("plugin.initialize is answered", tests.handshake):
            await check("plugin.load is answered", tests.load)
            await check("a ping is answered", tests.ping)
            await check("an unknown method is answered by method_not_found", tests.unknown_method)
            await check("a line that is no JSON does not end it", tests.torn_frame)
            await check("a cancelled request is answered", tests.cancelled)
            await check("cancelling what is not there is passed over", tests.stray_cancel)
            await check("plugin.unload is answered", tests.unload)
        await check("it ends once stdin is closed", tests.end)
        # It reports the torn line, as it should.
        sent = [fault for fault in process.faults if not fault.startswith("error_report")]
        faults = "; ".join(sent[:5])
        checks.append(Check("it sends nothing that is no message of the protocol", not faults, faults))
    return Conformance(place.id, tuple(checks))


class _Tests:
    """One for each point; each returns what is wrong, in words."""

    def __init__(self, process: ConformanceProcess) -> None:
        self._process = process

    async def bad_params(self) -> str:
        try:
            await self._process.ask("plugin.initialize", {"protocol_versions": "none"}, ANSWER_S)
        except RpcError as exc:
            return "" if exc.code < 0 and exc.name not in _OURS else f"{exc.name}: {exc.message}"
        return "plugin.initialize with a text for protocol_versions was taken"

    async def handshake(self) -> str:
        raw = await self._process.ask("plugin.initialize", self._process.initialize(), ANSWER_S)
        try:
            answer = msgspec.json.decode(raw, type=InitializeResult)
        except msgspec.MsgspecError as exc:
            return f"its answer can't be read: {exc}"
        if answer.protocol_version not in PROTOCOL_VERSIONS:
            return f"it chose version {answer.protocol_version}; offered were {list(PROTOCOL_VERSIONS)}"
        try:
            self._process.joined(answer)
        except RpcError as exc:
            return f"a host would refuse what it provides: {exc.message}"
        return ""

    async def load(self) -> str:
        await self._process.ask("plugin.load", self._process.load(), ANSWER_S)
        return ""

    async def ping(self) -> str:
        await self._process.ask("plugin.ping", {}, ANSWER_S)
        return ""

    async def unknown_method(self) -> str:
        try:
            await self._process.ask("conformance.there_is_no_such_method", {}, ANSWER_S)
        except RpcError as exc:
            return "" if exc.code == METHOD_NOT_FOUND else f"the answer was {exc.name}: {exc.message}"
        return "it was answered as if it were there"

    async def torn_frame(self) -> str:
        self._process.write(b'{"jsonrpc": "2.0", "id": 1, "method"\n')
        return await self.ping()

    async def cancelled(self) -> str:
        asked = self._process.begin("plugin.health", {}, ANSWER_S)
        self._process.tell("$/cancel", {"id": asked.id})
        try:
            await asked
        except RpcError as exc:
            return f"{exc.name}: {exc.message}" if exc.name in _OURS else ""
        return ""

    async def stray_cancel(self) -> str:
        self._process.tell("$/cancel", {"id": 999_999})
        return await self.ping()

    async def unload(self) -> str:
        await self._process.ask("plugin.unload", {}, ANSWER_S)
        return ""

    async def end(self) -> str:
        code = await self._process.end(END_S)
        if code is None:
            return f"it still ran {END_S:g} s later"
        return "" if code == 0 else f"its exit code was {code}: {self._process.last_words()}"


_OURS: Final = frozenset({"deadline_exceeded", "plugin_died"})
"""Errors that this side makes where no answer comes."""
