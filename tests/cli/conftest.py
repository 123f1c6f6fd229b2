"""The installed command as real processes, in a folder and an environment without settings of their own."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Whoever started the tests in the background; the commands that they start are to be interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)

PLUGHOST = Path(sys.executable).with_name("plughost")
EXAMPLES = Path(__file__).parents[2] / "examples" / "plugins"
VICES = Path(__file__).parents[1] / "plugins"


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command left."""

    code: int
    out: str
    err: str


class Running:
    """A command that still runs; its stderr is read line by line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.seen = ""

    def until(self, pattern: str) -> re.Match[str]:
        """Read stderr up to a line that the pattern is found in."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.seen += line
            if (found := re.search(pattern, line)) is not None:
                return found
        raise AssertionError(f"no line with {pattern!r} in:\n{self.seen}")

    def item(self) -> str:
        """Read one line of stdout."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().removesuffix("\n")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> Finished:
        """Wait for the command's end."""
        out, err = self.process.communicate()
        return Finished(self.process.returncode, out, self.seen + err)


class Shell:
    """Runs `plughost` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PLUGHOST_", "XDG_")) and name != "NO_COLOR"
        }
        self.environment["HOME"] = str(folder / "home")

    def run(self, *arguments: str | Path, stdin: str = "", **variables: str) -> Finished:
        done = subprocess.run(
            [PLUGHOST, *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def start(self, *arguments: str | Path, **variables: str) -> Generator[Running, None, None]:
        with subprocess.Popen(
            [PLUGHOST, *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield Running(process)
            finally:
                process.kill()

    def at_terminal(self, *arguments: str | Path, answers: Sequence[tuple[str, str]] = ()) -> Finished:
        """Run it with a terminal of its own: what is typed, each once the words before it are shown."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(PLUGHOST, [str(PLUGHOST), *map(str, arguments)], self.environment)
        shown = b""
        with os.fdopen(terminal, "rb+", buffering=0) as screen, contextlib.suppress(OSError):
            # Reading fails once the program has ended.
            for words, typed in answers:
                seen = len(shown)
                while words.encode() not in shown[seen:]:
                    shown += screen.read(1024)
                screen.write(f"{typed}\n".encode())
            while more := screen.read(1024):
                shown += more
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return Finished(code, shown.decode(errors="replace"), "")

    def plugin(self, plugin: str, source: str, manifest: str = "") -> Path:
        """Write a plugin of one file."""
        folder = self.folder / plugin
        folder.mkdir()
        head = f'id = "{plugin}"\nversion = "1.0.0"\nentry_point = "main.py"\n'
        (folder / "plugin.toml").write_text(head + manifest)
        (folder / "main.py").write_text(source)
        return folder


def gone(pid: int) -> bool:
    """Tell whether a process is no more, or only waits to be buried."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)
