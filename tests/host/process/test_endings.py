"""However a plugin's process ends, forked or executed: the exit code, and what is still done before it."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from host import ExitFacts
from tests.host.process.modes import Mode, end_of, one_plugin, only_linux

Write = Callable[..., Path]

pytestmark = only_linux

MODES = pytest.mark.parametrize("mode", ["fork", "exec"])

ENDS = """
import asyncio, atexit, io, logging, logging.handlers, os, signal, sys, tempfile, threading, time

kept = []

class Ends(Plugin):
    @method
    async def leave(self, code: Any) -> None:
        raise SystemExit(code)

    @method
    async def stop_the_loop(self) -> None:
        asyncio.get_running_loop().stop()

    @method
    async def hook(self) -> None:
        sys.excepthook = lambda *of: print("hooked", of[0].__name__, file=sys.stderr)
        asyncio.get_running_loop().stop()

    @method
    async def broken_hook(self) -> None:
        def hook(*of: Any) -> None:
            raise ValueError("the hook itself")
        sys.excepthook = hook
        asyncio.get_running_loop().stop()

    @method
    async def interrupt(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    @method
    async def abort(self) -> None:
        os.abort()

    @method
    async def leave_at_once(self) -> None:
        os._exit(9)

    @method
    async def leave_things(self, folder: str) -> None:
        atexit.register(lambda: print("at exit", file=sys.stderr))
        def work() -> None:
            main.join()
            with open(folder + "/thread", "w") as file:
                file.write("joined")
        main = threading.Thread(target=time.sleep, args=(0.2,))
        main.start()
        threading.Thread(target=work).start()
        kept.extend([open(folder + "/text", "w"), open(folder + "/bytes", "wb")])
        kept[0].write("text")
        kept[1].write(b"bytes")
        handler = logging.handlers.MemoryHandler(1_000, target=logging.FileHandler(folder + "/log"))
        logging.getLogger("mine").addHandler(handler)
        logging.getLogger("mine").warning("logged")
        sys.stdout.reconfigure(line_buffering=False)
        print("printed last", end="")
        raise SystemExit(0)

    @method
    async def close_output(self) -> None:
        sys.stdout.close()
        raise SystemExit(0)

    @method
    async def lose_output(self) -> None:
        print("lost")
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(os.open("/dev/full", os.O_WRONLY), "w")))
        print("no room for this")
        raise SystemExit(0)
"""


@MODES
@pytest.mark.parametrize(
    ("code", "status", "said"),
    [(7, 7, ""), (None, 0, ""), (256 + 3, 3, ""), (-1, 255, ""), ("why", 1, "why")],
)
async def test_what_a_plugin_leaves_with_is_its_exit_code(
    write_plugin: Write, mode: Mode, code: object, status: int, said: str
) -> None:
    async with one_plugin(write_plugin, mode, ENDS) as host:
        facts = await end_of(host, "leave", code=code)
    assert (facts.code, facts.signal) == (status, None)
    assert [line for line in facts.stderr if line] == ([said] if said else [])


@MODES
async def test_what_nobody_caught_is_shown_from_the_plugins_own_program_on(
    write_plugin: Write, mode: Mode
) -> None:
    async with one_plugin(write_plugin, mode, ENDS) as host:
        facts = await end_of(host, "stop_the_loop")
    assert facts.code == 1
    assert "Traceback (most recent call last):" in facts.stderr
    assert facts.stderr[-1] == "RuntimeError: Event loop stopped before Future completed."
    assert any("runtime/run.py" in line for line in facts.stderr)
    assert [line for line in facts.stderr if "warden" in line or "forked" in line] == []


@MODES
async def test_a_hook_for_what_nobody_caught_is_called(write_plugin: Write, mode: Mode) -> None:
    async with one_plugin(write_plugin, mode, ENDS) as host:
        facts = await end_of(host, "hook")
    assert (facts.code, facts.stderr) == (1, ("hooked RuntimeError",))


@MODES
async def test_a_hook_that_fails_hides_nothing(write_plugin: Write, mode: Mode) -> None:
    async with one_plugin(write_plugin, mode, ENDS) as host:
        facts = await end_of(host, "broken_hook")
    assert facts.code == 1
    assert "ValueError: the hook itself" in facts.stderr
    assert "RuntimeError: Event loop stopped before Future completed." in facts.stderr


@MODES
async def test_who_is_interrupted_dies_of_it(write_plugin: Write, mode: Mode) -> None:
    async with one_plugin(write_plugin, mode, ENDS) as host:
        facts = await end_of(host, "interrupt")
    assert (facts.code, facts.signal) == (None, signal.SIGINT.name)
    assert facts.stderr[-1] == "KeyboardInterrupt"


@MODES
async def test_a_crash_in_c_is_told_by_its_signal_and_says_nothing(write_plugin: Write, mode: Mode) -> None:
    async with one_plugin(write_plugin, mode, ENDS) as host:
        facts = await end_of(host, "abort")
    assert (facts.code, facts.signal, facts.stderr) == (None, signal.SIGABRT.name, ())


@MODES
async def test_who_leaves_at_once_leaves_at_once(write_plugin: Write, mode: Mode) -> None:
    async with one_plugin(write_plugin, mode, ENDS) as host:
        facts = await end_of(host, "leave_at_once")
    assert (facts.code, facts.stderr) == (9, ())


@MODES
async def test_threads_are_joined_and_everything_is_written_out_at_the_end(
    write_plugin: Write, mode: Mode, tmp_path: Path
) -> None:
    async with one_plugin(write_plugin, mode, ENDS) as host:
        facts: ExitFacts = await end_of(host, "leave_things", folder=str(tmp_path))
    assert facts.code == 0
    assert facts.stderr == ("at exit", "printed last")
    assert (tmp_path / "thread").read_text() == "joined"
    assert (tmp_path / "text").read_text() == "text"
    assert (tmp_path / "bytes").read_bytes() == b"bytes"
    assert (tmp_path / "log").read_text() == "logged\n"


@MODES
@pytest.mark.parametrize(("method", "status"), [("close_output", 0), ("lose_output", 120)])
async def test_output_that_could_not_be_written_is_told_by_the_exit_code(
    write_plugin: Write, mode: Mode, method: str, status: int
) -> None:
    async with one_plugin(write_plugin, mode, ENDS) as host:
        assert (await end_of(host, method)).code == status
