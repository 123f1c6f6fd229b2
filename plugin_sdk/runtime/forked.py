"""Fork mode: a plugin in the image that its warden has loaded already.

A fresh interpreter would have set up streams, arguments, environment and `__main__`, and would bring the
process to its end; here both is done by hand, so that a plugin can't tell the difference from
`python -I -m plugin_sdk.runtime.run FOLDER ENTRY...`. What exec mode needs as well is in `confine`.

Three differences stay. The seed of `hash` and the addresses of the image are the warden's, the same for all
its plugins. At the end the process leaves without tearing the interpreter down: files left open are flushed,
but no `__del__` runs. And more modules are loaded than the plugin asked for, all of them the standard
library's or the SDK's own.

Loading this module loads everything that a Python plugin needs; the warden does it before it forks.
"""

import atexit
import gc
import io
import logging
import os
import signal
import sys
import threading
import time
from typing import Any, NoReturn

from plugin_sdk.runtime import run
from plugin_sdk.runtime.confine import prctl
from plugin_sdk.runtime.placard import Placard
from protocol.launch import PLUGIN_MARK, SESSION_MARK

PR_SET_NAME = 15
NAME = "plughost-plugin"
"""What `ps` shows, with the plugin's id behind it."""

STREAMS = ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w"))

_LOADED_AT = "_startTime"
"""Since when `logging` counts a record's `relativeCreated`."""

_FLUSH_FAILED = 120
"""Exit code of Python itself when the last output could not be written."""


def fit(spec: dict[str, Any], placard: Placard) -> None:
    """Make this process what executing the specification's program would have made it."""
    environment: dict[str, str] = spec["environment"]
    plugin = environment.get(PLUGIN_MARK, "")
    _replace_environment(environment)
    marks = [f"{name}={environment[name]}" for name in (SESSION_MARK, PLUGIN_MARK) if name in environment]
    placard.write(f"{NAME} {plugin}", marks)
    prctl(PR_SET_NAME, (plugin or NAME).encode(errors="replace")[:15], 0, 0, 0)
    sys.orig_argv = list(spec["argv"])
    sys.argv = [run.__file__, *spec["forked"]]
    for fd, name, mode in STREAMS:
        stream = open_stream(fd, name, mode)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    _renew_main()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _renew_notes()


def live() -> NoReturn:
    """Run the plugin that `sys.argv` names, and end the process as the interpreter would."""
    code, interrupted = 1, False
    try:
        code = run.main(sys.argv[1:])
    except SystemExit as exc:
        code = _exit_code(exc)
    except BaseException as exc:  # noqa: BLE001 - what nobody caught ends the process, as in any program
        interrupted = isinstance(exc, KeyboardInterrupt)
        _show(exc)
    _end(code, interrupted)


def _replace_environment(environment: dict[str, str]) -> None:
    # In a locale that knows ASCII alone, Python sets this itself when it starts, and children shall see it.
    own = os.environ.get("LC_CTYPE")
    zone = os.environ.get("TZ")
    # Entry by entry, so that the C library has it too, and so that nothing points at the old ones any more.
    for name in [*os.environ]:
        del os.environ[name]
    for name, value in environment.items():
        os.environ[name] = value
    if own is not None and "LC_CTYPE" not in environment:
        os.environ["LC_CTYPE"] = own
    if environment.get("TZ") != zone:
        time.tzset()


def open_stream(fd: int, name: str, mode: str) -> io.TextIOWrapper:
    """Open `stdin`, `stdout` or `stderr` as the interpreter does at its start, with the encodings of then."""
    old: io.TextIOWrapper = getattr(sys, f"__{name}__")
    binary: Any = open(fd, f"{mode}b", closefd=False)  # noqa: SIM115 - stays open
    binary.raw.name = f"<{name}>"
    line_buffering = name == "stderr" or os.isatty(fd)
    stream: Any = io.TextIOWrapper(binary, old.encoding, old.errors, "\n", line_buffering)
    stream.mode = mode
    return stream


def _renew_main() -> None:
    """Have `run` be `__main__`, as it is where it is executed; under its own name nobody has loaded it."""
    sys.modules["__main__"] = sys.modules.pop(run.__name__)
    run.__name__ = "__main__"
    run.__annotations__ = {}


def _renew_notes() -> None:
    """Let what modules noted of their process when they were loaded be this one's."""
    # Python 3.11 leaves the main thread's id in the kernel as it was.
    getattr(threading.main_thread(), "_set_native_id", lambda: None)()
    started = getattr(logging, _LOADED_AT, None)
    if started is not None:
        setattr(logging, _LOADED_AT, time.time_ns() if isinstance(started, int) else time.time())


def _exit_code(exc: SystemExit) -> int:
    code: Any = exc.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    _guard(lambda: sys.stderr.write(f"{code}\n"))
    return 1


def _show(exc: BaseException) -> None:
    trace = exc.__traceback__
    # The first frame is `live`, whose place a fresh interpreter has in the main module.
    shown = exc.__traceback__ = trace and trace.tb_next
    sys.last_type, sys.last_value, sys.last_traceback = type(exc), exc, shown
    if sys.version_info >= (3, 12):
        sys.last_exc = exc
    try:
        sys.excepthook(type(exc), exc, shown)
    except BaseException as failed:  # noqa: BLE001 - the plugin may have put anything there
        sys.__excepthook__(type(failed), failed, failed.__traceback__)
        sys.__excepthook__(type(exc), exc, shown)


def _end(code: int, interrupted: bool) -> NoReturn:
    _guard(vars(threading)["_shutdown"])
    _guard(vars(atexit)["_run_exitfuncs"])
    for stream in (sys.stdout, sys.stderr):
        try:
            if not stream.closed:
                stream.flush()
        except BaseException:  # noqa: BLE001 - a pipe that nobody reads, or whatever the plugin put there
            code = _FLUSH_FAILED
    _flush_files()
    if interrupted:
        # Whoever waits for it is to see the signal.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(code)


def _guard(step: Any) -> None:
    try:
        step()
    except BaseException as exc:  # noqa: BLE001 - nothing may keep the process from ending
        sys.__excepthook__(type(exc), exc, exc.__traceback__)


def _flush_files() -> None:
    """Write out what files hold that nobody closed; text first, because it lies above bytes."""
    # What was there before the fork is frozen and not listed.
    found = [one for one in gc.get_objects() if issubclass(type(one), io.IOBase)]
    for kind in (io.TextIOBase, io.BufferedIOBase):
        for file in found:
            if issubclass(type(file), kind):
                try:
                    file.flush()
                except BaseException:  # noqa: BLE001 - closed already, or for reading
                    continue
