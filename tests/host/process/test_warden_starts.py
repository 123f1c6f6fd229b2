"""What a warden does that can't do what it is asked: it says why, and plugins run as well as they can."""

import os
import shlex
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from host import LoadFailed, PluginHost
from host.ids import new_session_id
from host.process.launcher import PluginProcess
from host.process.program import Program, warden_environment
from host.process.warden_launcher import WardenLauncher
from tests.host.process.modes import only_linux

Write = Callable[..., Path]

pytestmark = only_linux

HELLO = """
class Hello(Plugin):
    @method
    async def greet(self) -> str:
        return "hello"
"""


def interpreter_whose_warden(does: str, folder: Path) -> str:
    """An interpreter that runs `does` before the warden's program, and is an ordinary one for all others."""
    code = f"""
import runpy, sys
{does}
sys.argv[:1] = ["warden"]
runpy.run_module("plugin_sdk.runtime.warden", run_name="__main__", alter_sys=True)
"""
    real = shlex.quote(sys.executable)
    script = folder / "python"
    script.write_text(
        "#!/bin/sh\n"
        f'if [ "$3" != plugin_sdk.runtime.warden ]; then exec {real} "$@"; fi\n'
        f'shift 3\nexec {real} -I -c {shlex.quote(code)} "$@"\n'
    )
    script.chmod(0o700)
    return str(script)


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ('sys.modules["difflib"] = None', "difflib"),
        (
            "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
            "2 threads run in the warden",
        ),
    ],
    ids=["a module that is broken", "a thread that somebody started"],
)
async def test_what_plugins_can_not_be_forked_from_is_told_and_they_are_executed(
    plugins: Path,
    write_plugin: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    does: str,
    reason: str,
) -> None:
    broken = interpreter_whose_warden(does, tmp_path)
    monkeypatch.setattr(sys, "executable", broken)
    for name in ("one", "two"):
        write_plugin(name, HELLO)
    async with PluginHost([plugins], autoload=True) as host:
        for name in ("one", "two"):
            assert await host.call(name, "greet") == "hello"
            assert b"plugin_sdk.runtime.run" in Path(f"/proc/{host.plugin(name).pid}/cmdline").read_bytes()
    (record,) = (one for one in caplog.records if "can't be forked" in one.message)
    assert record.levelname == "WARNING"
    assert reason in record.message


async def test_a_warden_that_cannot_start_is_told_with_what_to_do(
    plugins: Path,
    write_plugin: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(sys, "executable", interpreter_whose_warden("sys.exit(9)", tmp_path))
    write_plugin("one", HELLO)
    async with PluginHost([plugins]) as host:
        with pytest.raises(LoadFailed) as failed:
            await host.load("one")
        assert "the warden exited with code 9" in failed.value.message
        assert '`warden = "off"` starts plugins without one' in failed.value.message
        assert host.plugin("one").state == "backoff"
    assert "the warden exited with code 9; its plugins end with it" in caplog.text


async def test_plugins_of_a_host_that_has_closed_its_stderr_are_forked_too(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("one", HELLO)
    program = [sys.executable, str(Path(__file__).with_name("hosting.py")), str(tmp_path / "data"), "auto"]
    daemon = f"exec {shlex.join([*program, str(plugins)])} 2>&-"
    async with await anyio.open_process(["/bin/sh", "-c", daemon], cwd=Path(__file__).parents[3]) as host:
        assert host.stdout is not None
        with anyio.fail_after(50):
            assert (await host.stdout.receive()).startswith(b"ready")
        (plugin,) = psutil.Process(host.pid).children(recursive=True)[1:]
        assert plugin.cmdline() == ["plughost-plugin", "one"]
        host.kill()


Start = Callable[..., Any]


@pytest.fixture
async def start_forked() -> AsyncIterator[Start]:
    """`await start_forked(folder, environment={})` forks a process that runs `main.py` of the folder."""
    launcher = WardenLauncher()
    started: list[PluginProcess] = []

    async def start(folder: Path, environment: dict[str, str] | None = None) -> PluginProcess:
        argv = (sys.executable, "-I", "-m", "plugin_sdk.runtime.run", str(folder), "main.py")
        program = Program(argv, {**warden_environment(), **(environment or {})}, folder, {}, argv[4:])
        process = await launcher.spawn(new_session_id(), program)
        started.append(process)
        return process

    yield start
    await launcher.aclose()
    for process in started:
        for fd in (process.stdin_fd, process.stdout_fd, process.stderr_fd):
            os.close(fd)
        process.close_spec()


@pytest.mark.parametrize(
    ("folder", "environment", "reason"),
    [
        ("absent", {}, "FileNotFoundError"),
        (".", {"A=B": "c"}, "ValueError"),
        (".", {"A": "\0"}, "ValueError"),
    ],
)
async def test_a_forked_process_that_cannot_become_the_plugins_says_why(
    start_forked: Start, tmp_path: Path, folder: str, environment: dict[str, str], reason: str
) -> None:
    process = await start_forked(tmp_path / folder, environment)
    with anyio.fail_after(20):
        assert (await process.wait_exited()).code == 127
    assert process.start_failure().startswith(reason)


async def test_a_forked_process_that_leaves_with_127_by_itself_has_no_start_failure(
    start_forked: Start, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text("import os\nos._exit(127)\n")
    process = await start_forked(tmp_path)
    request = b'{"jsonrpc":"2.0","id":1,"method":"plugin.initialize","params":{"protocol_versions":[1],'
    request += b'"host":{"name":"x","version":"1"},"plugin_id":"one","plugin_version":"1","session":"s"}}\n'
    os.write(process.stdin_fd, request)
    with anyio.fail_after(20):
        assert (await process.wait_exited()).code == 127
    assert process.start_failure() == ""


async def test_a_forked_process_whose_wire_ends_leaves_by_itself(start_forked: Start, tmp_path: Path) -> None:
    process = await start_forked(tmp_path)
    os.close(process.stdin_fd)
    process.stdin_fd = os.open(os.devnull, os.O_RDONLY)
    with anyio.fail_after(20):
        status = await process.wait_exited()
    assert status.code == 0
    assert status.cpu_s is not None
    assert status.peak_rss_bytes is not None
