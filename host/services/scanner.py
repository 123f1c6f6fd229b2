"""Scanner: messages and files are looked at by every security plugin before they go on.

Owns the copies of files that plugins look at: each gets one of its own, in its inbox, that can only be read
and is gone afterwards. Asking is the hooks'; they forbid where no answer comes.
"""

import logging
import os
import secrets
import shutil
import stat
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from host.errors import HostClosed, InvalidParams
from host.logs import clean
from host.routing.hook_book import HookBook
from host.routing.hook_chain import HookStep
from host.routing.hooks import Hooks, HookVerdict
from host.state.spaces import FOLDER, Spaces
from host.supervision.roster import Roster
from protocol import jsonrpc
from protocol.kinds import SCANS

logger = logging.getLogger(__name__)

MAX_FILE_BYTES: Final = 100 * 1024 * 1024
MESSAGE_BUDGET_S: Final = 5.0
FILE_BUDGET_S: Final = 30.0
MAX_THREATS: Final = 100
_PREFIX: Final = "scan-"
_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What the security plugins said together."""

    safe: bool
    threats: tuple[str, ...]
    """What they found, as they call it."""
    reason: str
    """Why it is not safe; empty if it is."""
    by: str
    """Id of the plugin that says so."""
    code: str
    """`denied`; or why it counts as not safe: `hook_unavailable hook_timeout hook_failed`."""
    scanned_by: tuple[str, ...]
    """Plugins that looked at it. Empty: there is none, and nobody did."""
    details: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """What each plugin returned."""

    def __bool__(self) -> bool:
        """Whether it is safe."""
        return self.safe


class Scanner:
    """The scans of one host."""

    def __init__(
        self, hooks: Hooks, spaces: Callable[[], Spaces], unheard: Callable[[], Iterable[str]]
    ) -> None:
        """`spaces` returns the plugins' folders. Raises HostClosed while the host does not run.

        `unheard` returns enabled security plugins that never ran, so that nobody knows what they look at.
        """
        self._unheard = unheard
        self._hooks = hooks
        self._spaces = spaces
        self._runs = False
        hooks.declare(SCANS["scan_message"], fail="closed", budget_s=MESSAGE_BUDGET_S, replaceable=False)
        hooks.declare(SCANS["scan_file"], fail="closed", budget_s=FILE_BUDGET_S, replaceable=False)

    async def open(self, folder: Path, tasks: TaskGroup) -> None:
        """Remove copies that a host that was killed left."""
        self._runs = True
        await anyio.to_thread.run_sync(_clear, folder / FOLDER)

    async def aclose(self) -> None:
        """Take no more files."""
        self._runs = False

    async def scan_message(self, text: str) -> ScanResult:
        """Have every security plugin look at a text, until one finds something."""
        if (unguarded := self._unguarded()) is not None:
            return unguarded
        return _result(await self._hooks.run(SCANS["scan_message"], text))

    async def scan_file(self, path: str | Path) -> ScanResult:
        """Have every security plugin look at a file, until one finds something.

        Raises:
            InvalidParams: It can't be read, is no regular file, a link, or larger than 100 MiB.
        """
        path = Path(path)
        await anyio.to_thread.run_sync(_probe, path)
        if (unguarded := self._unguarded()) is not None:
            return unguarded
        return _result(
            await self._hooks.run(SCANS["scan_file"], str(path), adapt=partial(self._handed_over, path))
        )

    def _unguarded(self) -> ScanResult | None:
        """Return the answer while a security plugin has yet to run for the first time; None if none has."""
        for plugin in self._unheard():
            reason = f"plugin {plugin!r}, which must be asked, has not run yet"
            return ScanResult(False, (), reason, plugin, "hook_unavailable", (), {})
        return None

    @asynccontextmanager
    async def _handed_over(self, path: Path, plugin: str) -> AsyncGenerator[bytes]:
        """Copy a file into a plugin's inbox; it is gone afterwards in every case."""
        if not self._runs:
            raise HostClosed("this host is not running")
        inbox = (await anyio.to_thread.run_sync(self._spaces().of, plugin)).inbox
        name = f"{_PREFIX}{secrets.token_hex(8)}{path.suffix[:16] if path.suffix.isprintable() else ''}"
        try:
            with anyio.CancelScope(shield=True):  # a copy that is cut off half-way could not be removed
                await anyio.to_thread.run_sync(_copy, path, inbox, name)
            yield jsonrpc.encode(str(inbox / name))
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(_remove, inbox, name)


def unheard(roster: Roster, book: HookBook) -> list[str]:
    """Return the enabled security plugins that never ran, so that nobody knows what they look at."""
    return [
        plugin
        for plugin in roster.ids()
        if roster.package(plugin).manifest.type == "security"
        and roster.is_enabled(plugin)
        and not book.knows(plugin)
    ]


def _result(verdict: HookVerdict) -> ScanResult:
    details = {step.plugin: step.data for step in verdict.trail if step.data is not None}
    threats: list[str] = []
    for data in details.values():
        found: Any = data.get("threats")
        if isinstance(found, list):
            threats += [clean(str(one))[:200] for one in cast("list[Any]", found)[:MAX_THREATS]]
    return ScanResult(
        verdict.allowed,
        tuple(threats[:MAX_THREATS]),
        verdict.reason,
        verdict.by,
        verdict.code,
        tuple(step.plugin for step in verdict.trail if _looked(step)),
        details,
    )


def _looked(step: HookStep) -> bool:
    return step.code in ("", "denied")


def _probe(path: Path) -> None:
    os.close(_opened(path))


def _opened(path: Path) -> int:
    """Open a file to be scanned. Raises InvalidParams for what is none."""
    try:
        # Not blocking: a pipe without a writer would wait for one.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as exc:
        told = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise _refused(path, "it is a link" if _is_link(path) else told) from None
    about = os.fstat(descriptor)
    fault = ""
    if not stat.S_ISREG(about.st_mode):
        fault = "it is no regular file"
    elif about.st_size > MAX_FILE_BYTES:
        fault = f"it has {about.st_size} bytes; allowed: {MAX_FILE_BYTES}"
    if fault:
        os.close(descriptor)
        raise _refused(path, fault)
    return descriptor


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except ValueError:  # a null byte, before Python 3.13
        return False


def _refused(path: Path, why: str) -> InvalidParams:
    remedy = f"name a regular file of at most {MAX_FILE_BYTES // 1024**2} MiB that this host can read"
    return InvalidParams(f"path: {str(path)[:200]!r} can't be scanned: {why}", remedy=remedy)


def _copy(path: Path, inbox: Path, name: str) -> None:
    with os.fdopen(_opened(path), "rb") as source:
        folder = os.open(inbox, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(name, flags, 0o400, dir_fd=folder), "wb") as copy:
                left = MAX_FILE_BYTES
                while chunk := source.read(min(_CHUNK_BYTES, left + 1)):
                    left -= len(chunk)
                    if left < 0:  # it grew meanwhile
                        raise _refused(path, f"it has over {MAX_FILE_BYTES} bytes")
                    copy.write(chunk)
        finally:
            os.close(folder)


def _remove(inbox: Path, name: str) -> None:
    try:
        folder = os.open(inbox, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.unlink(name, dir_fd=folder)
        finally:
            os.close(folder)
    except FileNotFoundError:
        pass
    except OSError as exc:
        logger.warning("a scanned copy can't be removed: %s", exc, extra={"fields": {"folder": str(inbox)}})


def _clear(spaces: Path) -> None:
    for leftover in spaces.glob(f"*/inbox/{_PREFIX}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
