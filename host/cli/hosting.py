"""Builds the host that a command runs, and brings it to a clean end when somebody interrupts.

The first Ctrl-C or SIGTERM stops everything in order; each further one hastens it.
"""

import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO, cast

import anyio
import click

from host.cli.exit_codes import ExitCode
from host.cli.log_file import LogFile
from host.errors import AlreadyRunning, SettingsError
from host.logs import clean, configure
from host.observe.log_folder import LogFiles
from host.paths import default_data_folder
from host.plugin_host import PluginHost
from host.process.descriptors import raise_limit
from host.settings import LogSettings, Settings, load_settings
from host.supervision.debugging import Debugging, patient
from host.timing import Timing


def settings_for(config: str | None, overrides: Mapping[str, Any]) -> Settings:
    """Read the settings; options that were not given do not override."""
    return load_settings(Path(config) if config else None, overrides=overrides)


def data_folder_for(config: str | None, data: str | None) -> Path:
    """Return the data folder that the settings, or an option, name."""
    return settings_for(config, {"data": data}).data or default_data_folder()


def tell_of_new(folder: Path) -> None:
    """Say on stderr that a data folder is not there yet: a mistyped one looks like that of an empty host."""
    if not folder.exists():
        where = clean(str(folder))
        print(f"{where} is not there yet: no host has run on it; is --data right?", file=sys.stderr)


def start_logging(settings: Settings, *, quiet: bool = False) -> None:
    """Log to stderr as the settings say; a quiet command shows warnings and worse only."""
    log = settings.log
    if quiet and log.level in ("debug", "info") and settings.origins.get("log.level", "default") == "default":
        log = replace(log, level="warning")
    configure(log, sys.stderr if log.path is None or quiet else cast("TextIO", _log_file(log)))


def _log_file(log: LogSettings) -> LogFile:
    assert log.path is not None
    try:
        log.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(log.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600))
    except OSError as exc:
        raise SettingsError(
            f"log.path: {log.path} can't be written: {exc.strerror}",
            remedy="name a file that this user may write, or leave it out to log on stderr",
        ) from exc
    return LogFile(log.path, files=log.files, most_bytes=log.file_bytes)


def build_host(
    settings: Settings,
    *,
    temporary: bool = False,
    control: bool = False,
    debugging: Debugging | None = None,
) -> PluginHost:
    """Build a host; a temporary one keeps nothing. `control`: others can reach it. See `Debugging`."""
    return PluginHost(
        settings.plugins,
        data=None if temporary else settings.data or default_data_folder(),
        config=settings.config,
        limits=settings.limits,
        warden=settings.warden,
        polling=settings.polling,
        control=control,
        email=settings.email,
        events=settings.events,
        rate_limits=settings.rate_limits,
        storage_quota_bytes=settings.storage_quota_bytes,
        log_files=LogFiles(settings.log.file_bytes, settings.log.files),
        timing=None if debugging is None else patient(Timing()),
        debugging=debugging,
    )


def run_host(
    host: PluginHost,
    body: Callable[[PluginHost], Awaitable[int]],
    *,
    terminated: ExitCode = ExitCode.INTERRUPTED,
    hung_up: Callable[[], Awaitable[object]] | None = None,
) -> int:
    """Run `body` with the host running; return its exit code, or that of an interruption.

    `terminated` is the exit code after SIGTERM: OK only for a command that nothing but a signal ends.
    `hung_up` is called after each SIGHUP, but for that of a terminal which is closed.
    """
    raise_limit()
    # What was imported stays: without it every full collection would look at all of it again.
    gc.freeze()
    return anyio.run(_run, host, body, terminated, hung_up)


def run_own_host(
    settings: Settings, body: Callable[[PluginHost], Awaitable[int]], *, data: str | None, socket: str | None
) -> int:
    """Run `body` with a host of the command's own: on the data folder of `data`, else one that keeps nothing.

    Raises:
        AlreadyRunning: Another host holds that folder.
        click.UsageError: `socket` names a host that runs.
    """
    if socket is not None:
        raise click.UsageError(
            "--socket names a host that runs, --dir has one started: leave one of them out"
        )
    host = build_host(settings, temporary=data is None, control=data is not None)
    try:
        return run_host(host, body)
    except AlreadyRunning as exc:
        exc.remedy = "leave --dir out to ask that host, or name another data folder"
        raise


async def _run(
    host: PluginHost,
    body: Callable[[PluginHost], Awaitable[int]],
    terminated: ExitCode,
    hung_up: Callable[[], Awaitable[object]] | None,
) -> int:
    result: int = ExitCode.OK
    error: Exception | None = None

    async with anyio.create_task_group() as tasks:
        work = anyio.CancelScope()
        had_terminal = _has_terminal()

        async def watch_signals() -> None:
            nonlocal result
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                first = True
                async for number in signals:
                    if first:
                        first = False
                        result = ExitCode.INTERRUPTED if number == signal.SIGINT else terminated
                        sys.stderr.write("stopping; Ctrl-C again to hasten\n")
                        work.cancel()
                    else:
                        sys.stderr.write("hastening\n")
                        host.hasten()

        async def watch_hangups(act: Callable[[], Awaitable[object]]) -> None:
            with anyio.open_signal_receiver(signal.SIGHUP) as signals:
                async for _ in signals:
                    if had_terminal and not _has_terminal():
                        # Nobody is left who could press Ctrl-C: as for any program in the foreground.
                        work.cancel()
                        return
                    await act()

        tasks.start_soon(watch_signals)
        try:
            async with host:
                if hung_up is not None:
                    tasks.start_soon(watch_hangups, hung_up)
                with work:
                    result = await body(host)
        except Exception as exc:  # noqa: BLE001 - carried out of the group as it is, not inside of an ExceptionGroup
            error = exc
        tasks.cancel_scope.cancel()
    if error is not None:
        raise error
    return result


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
