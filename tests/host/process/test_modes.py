"""A plugin can't tell whether it was forked or executed: everything that it can ask for is the same."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host.ids import new_session_id
from host.process.program import program_for, warden_environment
from protocol.manifest import Manifest
from tests.host.process.modes import Mode, one_plugin, only_linux

Write = Callable[..., Path]

pytestmark = only_linux

ABOUT = """
import atexit, ctypes, faulthandler, gc, inspect, locale, logging, os, resource, signal, site, stat
import subprocess, sys, threading, time, warnings

def stream(one: Any) -> dict[str, Any]:
    names = ("name", "mode", "encoding", "errors", "line_buffering", "write_through", "newlines", "closed")
    raw = one.buffer.raw
    return {name: getattr(one, name) for name in names} | {
        "types": [type(one).__name__, type(one.buffer).__name__, type(raw).__name__],
        "raw": [raw.name, raw.mode, raw.closefd], "fileno": one.fileno(), "seekable": one.seekable(),
    }

STREAMS = {name: stream(getattr(sys, name)) for name in ("stdin", "stdout", "stderr")}
STREAMS_KEPT = [getattr(sys, name) is getattr(sys, f"__{name}__") for name in ("stdin", "stdout", "stderr")]
FRAMES = len(inspect.stack())

class About(Plugin):
    @method
    async def about(self) -> dict[str, Any]:
        main = sys.modules["__main__"]
        libc = ctypes.CDLL(None)
        libc.getenv.restype = ctypes.c_char_p
        death, reaper = ctypes.c_int(), ctypes.c_int()
        libc.prctl(2, ctypes.byref(death), 0, 0, 0)
        libc.prctl(37, ctypes.byref(reaper), 0, 0, 0)
        umask = os.umask(0)
        os.umask(umask)
        # The listing opens a descriptor of its own; it is closed again by now.
        fds = [fd for fd in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + fd)]
        record = logging.getLogger("x").makeRecord("x", 10, "f", 1, "m", (), None)
        kinds = {int(fd): stat.S_IFMT(os.stat("/proc/self/fd/" + fd).st_mode) for fd in fds}
        limits = [name for name in vars(resource) if name.startswith("RLIMIT_")]
        return {
            "path": sys.path, "argv": sys.argv, "orig_argv": sys.orig_argv, "flags": repr(sys.flags),
            "executable": [sys.executable, sys.prefix, sys.base_prefix, sys.dont_write_bytecode],
            "environ": dict(os.environ),
            "environ_of_c": libc.getenv(b"OWN").decode(),
            "environ_of_children": sorted(subprocess.check_output(["env"]).decode().splitlines()),
            "folder": os.getcwd(), "umask": umask,
            "signals": {int(n): str(signal.getsignal(n))[:30] for n in signal.valid_signals()},
            "blocked": [int(n) for n in signal.pthread_sigmask(signal.SIG_BLOCK, ())],
            "descriptors": {str(fd): kind for fd, kind in sorted(kinds.items())},
            "inheritable": [fd for fd in sorted(kinds) if os.get_inheritable(fd)],
            "limits": {name: resource.getrlimit(getattr(resource, name)) for name in limits},
            "main": sorted(vars(main)), "main_name": main.__name__, "main_file": main.__file__,
            "main_spec": main.__spec__.name, "main_package": main.__package__,
            "run_is_main_alone": "plugin_sdk.runtime.run" not in sys.modules,
            "warden_is_not_here": not [m for m in sys.modules if m.endswith(".warden")],
            "streams": STREAMS, "streams_kept": STREAMS_KEPT, "frames": FRAMES,
            "encodings": [sys.getfilesystemencoding(), sys.getfilesystemencodeerrors(),
                          locale.getpreferredencoding(), locale.setlocale(locale.LC_ALL)],
            "time": [time.tzname, time.timezone, time.daylight, time.localtime(0).tm_hour],
            "threads": [str(type(t)) for t in threading.enumerate()],
            "main_thread": [threading.current_thread() is threading.main_thread(),
                            threading.main_thread().native_id == os.getpid(),
                            threading.main_thread().ident == threading.get_ident()],
            "collector": [gc.isenabled(), gc.get_threshold(), gc.get_debug()],
            "atexit": atexit._ncallbacks(), "warnings": repr(warnings.filters), "site": site.ENABLE_USER_SITE,
            "faulthandler": faulthandler.is_enabled(), "recursion": sys.getrecursionlimit(),
            "hooks": [sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__],
            "leads": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()],
            "oom_score_adj": open("/proc/self/oom_score_adj").read(),
            "death_signal": death.value, "subreaper": reaper.value,
            "log_records_count_from_the_start": record.relativeCreated < 60_000,
            "plugins": [cls.__name__ for cls in Plugin.__subclasses__()],
        }
"""

ENVIRONMENT = '[env]\nOWN = "mine"\nTZ = "Asia/Tokyo"\nODD = "ü = \\n"\n'


async def ask_about(write_plugin: Write, mode: Mode) -> dict[str, Any]:
    async with one_plugin(write_plugin, mode, ABOUT, ENVIRONMENT) as host:
        about = await host.call("one", "about", timeout_s=20)
    # What is another one's in each run, or is there to make up for a warden.
    about["environ"].pop("PLUGHOST_WATCH_PARENT", None)
    about["environ"].pop("PLUGHOST_SESSION")
    for name in ("PLUGHOST_DATA_DIR", "PLUGHOST_CACHE_DIR"):
        about["environ"].pop(name)
    shelf = about["environ"].pop("PLUGHOST_SDK")
    about["path"] = ["the shelf" if one == shelf else one for one in about["path"]]
    assert about["path"][-2] == "the shelf"
    names = (
        "PLUGHOST_SESSION=",
        "PLUGHOST_WATCH_PARENT=",
        "PLUGHOST_SDK=",
        "PLUGHOST_DATA_",
        "PLUGHOST_CACHE_",
    )
    about["environ_of_children"] = [one for one in about["environ_of_children"] if not one.startswith(names)]
    return about


@pytest.mark.parametrize("language", ["C.UTF-8", None], ids=["utf-8", "no-locale"])
async def test_a_forked_plugin_finds_what_an_executed_one_finds(
    write_plugin: Write, monkeypatch: pytest.MonkeyPatch, language: str | None
) -> None:
    for name in ("LANG", "LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    if language is not None:
        monkeypatch.setenv("LANG", language)
    forked = await ask_about(write_plugin, "fork")
    executed = await ask_about(write_plugin, "exec")
    assert forked["environ"]["OWN"] == forked["environ_of_c"] == "mine"
    assert forked["time"][0] == ["JST", "JST"]
    assert forked.keys() == executed.keys()
    assert 0 <= forked.pop("frames") - executed["frames"] <= 2, "none of the warden's work is below it"
    assert executed.pop("frames") > 0
    for name, value in executed.items():
        assert forked[name] == value, name

    direct = await ask_about(write_plugin, "direct")
    direct["threads"].remove("<class 'threading.Thread'>")  # it watches for the end of the host
    for name in executed.keys() - {"death_signal"}:
        assert direct[name] == executed[name], name


async def test_who_is_forked_is_shown_by_name(write_plugin: Write) -> None:
    async with one_plugin(write_plugin, "fork", "class One(Plugin): ...\n") as host:
        pid = host.plugin("one").pid
        assert Path(f"/proc/{pid}/cmdline").read_bytes() == b"plughost-plugin one\0"
        assert Path(f"/proc/{pid}/comm").read_text() == "one\n"
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        mark = f"PLUGHOST_SESSION={host.plugin('one').session}\0PLUGHOST_PLUGIN_ID=one\0"
        assert environment.startswith(mark.encode())
        assert environment.strip(b"\0") == mark.encode().strip(b"\0"), "nothing is left of the warden's own"


async def test_a_plugin_may_ask_not_to_be_forked(write_plugin: Write) -> None:
    async with one_plugin(write_plugin, "exec", "class One(Plugin): ...\n") as host:
        assert b"plugin_sdk.runtime.run" in Path(f"/proc/{host.plugin('one').pid}/cmdline").read_bytes()


def test_only_a_python_plugin_with_nothing_that_is_read_at_the_start_may_be_forked(tmp_path: Path) -> None:
    def may_fork(**manifest: Any) -> bool:
        program = program_for(Manifest("one", "1.0.0", **manifest), tmp_path, new_session_id(), {})
        return program.may_fork_from(warden_environment())

    assert may_fork(entry_points=("main.py",))
    assert may_fork(entry_points=("main.py",), environment={"TZ": "Asia/Tokyo", "OWN": "1"})
    assert not may_fork(command=("python3", "main.py"))
    assert not may_fork(entry_points=("main.py",), preload=False)
    for name in ("LC_ALL", "LANG", "LD_PRELOAD", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES", "OPENSSL_CONF"):
        assert not may_fork(entry_points=("main.py",), environment={name: "another"}), name


def test_a_warden_has_nothing_but_the_allow_list_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "host-only-secret")
    assert "DATABASE_PASSWORD" not in warden_environment()
    assert warden_environment()["PATH"] == os.environ["PATH"]
    assert "host-only-secret" not in json.dumps(warden_environment())
