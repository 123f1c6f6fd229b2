"""Both ways to start a process, behind one interface: what the new process is, and how its end is told."""

import json
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import psutil
import pytest

from host import LoadRefused, PluginHost
from host.ids import new_session_id
from host.process.direct_launcher import DirectLauncher
from host.process.exit_status import ExitStatus
from host.process.launcher import Launcher, PluginProcess
from host.process.program import OOM_SCORE_ADJ, Program
from host.process.warden_launcher import WardenLauncher
from protocol.launch import Known

LINUX = sys.platform == "linux"
only_linux = pytest.mark.skipif(not LINUX, reason="needs /proc")

Write = Callable[..., Path]
MIB = 1024 * 1024

ABOUT = """
import json, os, resource, signal, stat, sys
about = {
    "limits": {
        name: resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in ("CORE", "NOFILE", "FSIZE")
    },
    "environment": dict(os.environ),
    "session": os.getsid(0) == os.getpid(),
    "group": os.getpgid(0) == os.getpid(),
    "umask": os.umask(0),
    "folder": os.getcwd(),
    "ignored": [int(n) for n in signal.valid_signals() if signal.getsignal(n) is signal.SIG_IGN],
    "blocked": [int(n) for n in signal.pthread_sigmask(signal.SIG_BLOCK, ())],
    "argv": sys.argv[1:],
    "stdin": stat.S_ISFIFO(os.fstat(0).st_mode),
}
if sys.platform == "linux":
    # The listing opens a descriptor of its own; it is closed again by now.
    listed = os.listdir("/proc/self/fd")
    about["descriptors"] = [int(fd) for fd in listed if os.path.exists("/proc/self/fd/" + fd)]
    about["oom_score_adj"] = int(open("/proc/self/oom_score_adj").read())
print(json.dumps(about))
"""


class Run:
    """One started process and what can be learnt of it."""

    def __init__(self, process: PluginProcess) -> None:
        self.process = process

    async def ended(self) -> ExitStatus:
        with anyio.fail_after(20):
            return await self.process.wait_exited()

    async def output(self) -> bytes:
        return await anyio.to_thread.run_sync(read_all, self.process.stdout_fd)

    async def about(self) -> dict[str, Any]:
        status = await self.ended()
        assert status.code == 0, await anyio.to_thread.run_sync(read_all, self.process.stderr_fd)
        return json.loads(await self.output())


def read_all(fd: int) -> bytes:
    parts: list[bytes] = []
    while part := os.read(fd, 65_536):
        parts.append(part)
    return b"".join(parts)


Start = Callable[..., Any]


@pytest.fixture(params=["warden", "direct"])
async def launcher(request: pytest.FixtureRequest) -> AsyncIterator[Launcher]:
    if request.param == "warden" and not LINUX:
        pytest.skip("only Linux has a warden")
    launcher: Launcher = WardenLauncher() if request.param == "warden" else DirectLauncher()
    yield launcher
    await launcher.aclose()


@pytest.fixture
async def start(launcher: Launcher, tmp_path: Path) -> AsyncIterator[Start]:
    """`await start(*argv, environment={}, rlimits={})` starts a program; its descriptors are closed later."""
    started: list[PluginProcess] = []

    async def spawn(*argv: str, environment: dict[str, str] | None = None, **rlimits: int) -> Run:
        program = Program(argv, environment or {}, tmp_path, rlimits)
        process = await launcher.spawn(new_session_id(), program)
        started.append(process)
        return Run(process)

    yield spawn
    for process in started:
        process.signal(signal.SIGKILL)
        with anyio.fail_after(20):
            await process.wait_exited()
            assert await process.sweep(()) == ()
        for fd in (process.stdin_fd, process.stdout_fd, process.stderr_fd):
            os.close(fd)
        process.close_spec()


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", code)


async def test_an_exit_code_is_told(start: Start) -> None:
    run = await start(*python("raise SystemExit(7)"))
    status = await run.ended()
    assert (status.code, status.signal_number) == (7, None)
    assert str(status) == "exited with code 7"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGABRT])
async def test_a_signal_is_told_by_its_name(start: Start, number: signal.Signals) -> None:
    run = await start(*python("import time; print(flush=True); time.sleep(120)"))
    await anyio.wait_readable(run.process.stdout_fd)
    run.process.signal(number)
    status = await run.ended()
    assert (status.code, status.signal_name) == (None, number.name)
    assert str(status) == f"was killed by {number.name}"


async def test_the_end_comes_with_memory_and_time_that_it_took(start: Start) -> None:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + 64 * MIB
    run = await start(*python(f"x = bytearray({most}); x[::4096] = b'x' * len(x[::4096])"))
    status = await run.ended()
    assert status.peak_rss_bytes is not None
    assert most < status.peak_rss_bytes < most + 1024 * MIB
    assert status.cpu_s is not None
    assert status.cpu_s > 0.0


async def test_the_memory_of_whoever_starts_a_process_is_not_taken_for_its_own(start: Start) -> None:
    big = bytearray(96 * MIB)
    big[::4096] = b"x" * len(big[::4096])
    run = await start(*python("pass"))
    status = await run.ended()
    assert (status.peak_rss_bytes or 0) < 96 * MIB


async def test_limits_are_in_force_inside(start: Start) -> None:
    run = await start(*python(ABOUT), CORE=0, NOFILE=99, FSIZE=5 * MIB)
    limits = (await run.about())["limits"]
    assert limits == {"CORE": [0, 0], "NOFILE": [99, 99], "FSIZE": [5 * MIB, 5 * MIB]}


async def test_a_limit_above_the_hosts_own_is_the_hosts_own(start: Start) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        pytest.skip("there is no limit to be above of")
    run = await start(*python(ABOUT), NOFILE=hard + 1)
    assert (await run.about())["limits"]["NOFILE"] == [hard, hard]


async def test_the_environment_is_what_was_given_and_nothing_else(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_SECRET", "do not pass on")
    run = await start(*python(ABOUT), environment={"GIVEN": "yes"})
    seen = (await run.about())["environment"]
    assert seen["GIVEN"] == "yes"
    # Python adds LC_CTYPE itself; the other one is how a plugin notices its host's end without a warden.
    assert seen.keys() - {"LC_CTYPE", "PLUGHOST_WATCH_PARENT"} == {"GIVEN"}


async def test_it_leads_a_session_and_a_group_of_its_own(start: Start) -> None:
    about = await (await start(*python(ABOUT))).about()
    assert about["session"]
    assert about["group"]


async def test_its_files_are_its_own(start: Start) -> None:
    assert (await (await start(*python(ABOUT))).about())["umask"] == 0o077


async def test_it_begins_in_its_folder_with_its_arguments(start: Start, tmp_path: Path) -> None:
    about = await (await start(*python(ABOUT), "one", "zwei ü", "")).about()
    assert about["argv"] == ["one", "zwei ü", ""]
    assert Path(about["folder"]) == tmp_path.resolve()


async def test_signals_are_as_in_a_fresh_process(start: Start) -> None:
    about = await (await start(*python(ABOUT))).about()
    # Python ignores these two itself.
    assert set(about["ignored"]) <= {int(signal.SIGPIPE), int(getattr(signal, "SIGXFSZ", 0))}
    assert about["blocked"] == []


@only_linux
async def test_it_inherits_no_descriptor_beside_its_three_pipes(start: Start) -> None:
    extra = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(extra, True)
    try:
        about = await (await start(*python(ABOUT))).about()
    finally:
        os.close(extra)
    assert about["descriptors"] == [0, 1, 2]
    assert about["stdin"]


@only_linux
async def test_the_kernel_takes_it_before_the_host_when_memory_runs_out(start: Start) -> None:
    assert (await (await start(*python(ABOUT))).about())["oom_score_adj"] == OOM_SCORE_ADJ


async def test_a_missing_program_is_told_in_words(start: Start, tmp_path: Path) -> None:
    run = await start(str(tmp_path / "absent"))
    assert (await run.ended()).code == 127
    assert "FileNotFoundError" in run.process.start_failure()


async def test_a_program_that_may_not_be_run_is_told_in_words(start: Start, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("#!/bin/sh\n")
    run = await start(str(tmp_path / "text"))
    assert (await run.ended()).code == 127
    assert "PermissionError" in run.process.start_failure()


async def test_a_program_that_started_has_no_start_failure(start: Start) -> None:
    run = await start(*python("raise SystemExit(127)"))
    assert (await run.ended()).code == 127
    assert run.process.start_failure() == ""


async def test_a_group_is_signalled_as_a_whole(start: Start) -> None:
    code = "import os, time; os.fork(); os.write(1, b'x'); time.sleep(120)"
    run = await start(*python(code))
    received = b""
    while len(received) < 2:
        await anyio.wait_readable(run.process.stdout_fd)
        received += os.read(run.process.stdout_fd, 2)
    run.process.signal(signal.SIGTERM)
    await run.ended()
    # The pipe ends only when the child, which holds it as well, is gone.
    with anyio.fail_after(20):
        assert await run.output() == b""


async def test_what_an_ended_process_left_is_swept_away(start: Start) -> None:
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(120)
os.read(0, 1)
"""
    run = await start(*python(code), environment={})
    await anyio.wait_readable(run.process.stdout_fd)
    pid = int(os.read(run.process.stdout_fd, 100))
    known = Known(pid, psutil.Process(pid).create_time())
    run.process.signal(signal.SIGKILL, group=False)
    await run.ended()
    with anyio.fail_after(20):
        assert await run.process.sweep((known,)) == ()
        assert await run.output() == b""


@pytest.mark.parametrize("warden", ["auto", "off"])
@pytest.mark.parametrize(("trouble", "named"), [("absent", "No such file"), ("mode", "Permission denied")])
async def test_a_plugin_whose_program_cannot_be_started_is_refused_with_the_reason(
    plugins: Path, warden: Any, trouble: str, named: str
) -> None:
    folder = plugins / "program"
    folder.mkdir()
    program = folder / "run.sh"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    (folder / "plugin.toml").write_text('id = "program"\nversion = "1.0.0"\ncommand = ["run.sh"]\n')
    async with PluginHost(plugins=[plugins], warden=warden) as host:
        if trouble == "absent":
            program.write_text("#!/no/such/interpreter\n")
        else:
            program.chmod(0o600)
        with pytest.raises(LoadRefused, match=named):
            await host.load("program")
        view = host.plugin("program")
        assert view.state == "error"
        assert named in view.reason
