"""The example programs as they are started by people: what they say, Ctrl-C, and the scene."""

import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("chatbox", "homeplatform", "oko", "plexichat")
WAIT_S = 40

LINK = re.compile(r"\]\(([^)#]+)\)")


@contextmanager
def started(name: str) -> Generator["subprocess.Popen[str]", None, None]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", f"examples.{name}"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: "subprocess.Popen[str]", text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    pytest.fail(f"it ended without {text!r}")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("times", [1, 2])
def test_it_says_what_it_does_and_leaves_nothing_behind_after_ctrl_c(name: str, times: int) -> None:
    with started(name) as process:
        read_until(process, "Ctrl-C ends it")
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        for _ in range(times):
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=WAIT_S)
        assert (process.returncode, errors) == (0, "")
        assert not psutil.wait_procs(children, timeout=WAIT_S)[1]


def test_what_is_typed_is_said_in_the_chat() -> None:
    with started("chatbox") as process:
        read_until(process, "Ctrl-C ends it")
        assert process.stdin is not None
        process.stdin.write("an !example, please\n")
        process.stdin.flush()
        read_until(process, "you: an !example, please")
        read_until(process, "example-plugin: Hello from example plugin!")
        process.stdin.close()
        assert process.wait(WAIT_S) == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("chatbox", "hangs.ask did not answer within 5 s"),
        ("homeplatform", "is over its limit of 512 MiB"),
        ("oko", "Plugin my_plugin unloaded successfully"),
        ("plexichat", "plugin:workflow: Welcome, bob!"),
    ],
)
def test_the_scene_ends_well(name: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"examples.{name}", "--demo"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout


def test_what_follows_from_a_login_stands_below_its_heading() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "examples.plexichat", "--demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    _, _, rest = done.stdout.partition("Ada logs in and says something:\n")
    below, _, _ = rest.partition("What the antivirus does not like")
    for line in (
        "ada did user_login",
        "ada: hello, I need !help",
        "plugin:workflow: ada, help is on its way",
    ):
        assert line in below, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_what_the_readme_leads_to_is_there(name: str) -> None:
    folder = ROOT / "examples" / name
    links = LINK.findall((folder / "README.md").read_text())
    assert [link for link in links if not (folder / link).exists()] == []
    assert len(links) > 10


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_names_every_plugin_and_every_module(name: str) -> None:
    folder = ROOT / "examples" / name
    readme = (folder / "README.md").read_text()
    modules = {file.name for file in folder.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert {module for module in modules if f"({module})" not in readme} == set()
    groups = [one for one in folder.iterdir() if one.name in ("plugins", "misbehaving", "failing")]
    plugins = {f"{group.name}/{one.name}" for group in groups for one in group.iterdir() if one.is_dir()}
    plugins = {plugin for plugin in plugins if "__pycache__" not in plugin}
    assert {plugin for plugin in plugins if plugin not in readme} == set()


@pytest.mark.parametrize("name", NAMES)
def test_what_a_row_of_the_readme_says_is_in_the_file_that_it_names(name: str) -> None:
    folder = ROOT / "examples" / name
    rows = re.findall(
        r"`(\w+)` in \[[^\]]+\]\(([^)]+\.(?:py|json|toml))\)", (folder / "README.md").read_text()
    )
    assert rows
    assert [(word, place) for word, place in rows if word not in (folder / place).read_text()] == []
