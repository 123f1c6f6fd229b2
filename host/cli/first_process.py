"""First process: what `plughost` does where it is process 1 of a container.

Process 1 inherits every process whose parent ended, and has to reap it; and the kernel drops signals that it
has no handler for. So it forks: the child becomes the command, this process reaps and passes signals on, and
ends with the command's exit code. A reaper within the command would take exit codes away from whoever waits
for them there. Does not know what the command does. Called before anything is imported that starts a thread.
"""

import contextlib
import os
import signal
import sys
from typing import Final, NoReturn

FIRST: Final = 1
"""Its number, in each namespace of processes."""

_OWN: Final = frozenset(
    {
        signal.SIGCHLD,
        # Only a fault of this process itself raises these; blocked they would be met again and again.
        *(signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGABRT),
        signal.SIGSYS,
        # About this process's use of the terminal, not the command's.
        *(signal.SIGTTIN, signal.SIGTTOU),
    }
)
"""Signals that are not the command's."""

_SIGNALLED: Final = 128
"""Added to the number of the signal that ended the command, as shells do."""


def become_command() -> None:
    """Return in the child that is to be the command; in this process never, but for its exit.

    Raises:
        SystemExit: The command ended; with its exit code. Or there is no child to be had.
    """
    passed_on = signal.valid_signals() - _OWN - {signal.SIGKILL, signal.SIGSTOP}
    # Blocked before the child is there: none is lost between now and the first wait.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, passed_on | {signal.SIGCHLD, signal.SIGTTOU})
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        command = os.fork()
    except OSError as exc:
        sys.stderr.write(f"no process can be started here: {exc.strerror or exc}\n")
        sys.exit(1)
    if command:
        _serve(command, passed_on)
    _take_terminal()
    if os.environ.get("WATCHDOG_PID") == str(FIRST):
        # Who started this container watches the command, not who reaps for it.
        os.environ["WATCHDOG_PID"] = str(os.getpid())
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(command: int, passed_on: set[signal.Signals]) -> NoReturn:
    """Reap whatever ends and pass signals on, until the command has ended."""
    waited_for = passed_on | {signal.SIGCHLD}
    while True:
        number = signal.sigwait(waited_for)
        if number != signal.SIGCHLD:
            # It is not reaped yet, so its number can't be another's.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(command, number)
        elif (code := _reap(command)) is not None:
            # Not by way of an exception: what Python would do at its end is the command's to do.
            os._exit(code)


def _reap(command: int) -> int | None:
    """Reap all that have ended; return the command's exit code if it is among them."""
    code: int | None = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            return code
        if not pid:
            return code
        if os.WIFSTOPPED(status):
            if pid == command and os.WSTOPSIG(status) == signal.SIGTSTP:
                # Ctrl-Z: there is no shell here that could bring it back.
                os.kill(command, signal.SIGCONT)
        elif pid == command:
            ended = os.waitstatus_to_exitcode(status)
            code = ended if ended >= 0 else _SIGNALLED - ended


def _take_terminal() -> None:
    """Be the group that the terminal's keys signal: Ctrl-C is to reach the command once, not twice."""
    with contextlib.suppress(OSError):
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            # Only where it is this group's already; in the background it is somebody else's.
            if os.tcgetpgrp(terminal) == os.getpgrp():
                os.setpgid(0, 0)
                os.tcsetpgrp(terminal, os.getpgrp())
        finally:
            os.close(terminal)
