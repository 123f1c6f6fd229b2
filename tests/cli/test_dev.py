import re
import signal
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import Running, Shell, gone

pytestmark = pytest.mark.timeout(60)

SAYS = """
from plugin_sdk import Plugin, method


class Says(Plugin):
    async def on_load(self) -> None:
        self.log.info("it says first")

    @method
    def word(self) -> str:
        return "first"
"""


def pid_of(running: Running, word: str) -> int:
    return int(running.until(rf"^dev  {word}: says \S+ .*pid (\d+)")[1])


def begin(running: Running) -> int:
    pid = pid_of(running, "running")
    running.until("^dev  watching: ")
    return pid


def ends(pid: int) -> None:
    """Wait for the end of a process: one that was replaced ends what it had begun, and goes."""
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(20)


def finish(running: Running) -> None:
    running.signal(signal.SIGTERM)
    done = running.end()
    assert done.code == 0, done.err
    assert "\nTraceback" not in done.err


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "main.py"
    file.write_text(file.read_text().replace(old, new))


def test_an_edit_is_tried_and_then_runs_in_a_new_process(shell: Shell):
    folder = shell.plugin("says", SAYS)
    with shell.start("dev", folder) as running:
        first = begin(running)
        # The same size, so that only the time tells them apart.
        edit(folder, "first", "other")
        running.until("^dev  changed: main.py")
        second = pid_of(running, "reloaded")
        assert re.search(r" INFO +says  it says other$", running.seen, re.MULTILINE)
        assert re.search(r" INFO +host  .*loading -> active", running.seen)
        assert " DEBUG   host  " not in running.seen
        assert re.search(r"was reloaded after \d+\.\d\d s", running.seen)
        ends(first)
        assert not gone(second)
        edit(folder, "other", "third")
        third = pid_of(running, "reloaded")
        assert "it says third" in running.seen
        finish(running)
    assert len({first, second, third}) == 3
    assert all(gone(pid) for pid in (first, second, third))


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("class Says(Plugin)", "class Says(Plugin", "main.py:"),
        ('self.log.info("it says first")', 'raise ValueError("no such luck")', "no such luck"),
        ("from plugin_sdk", "import not_there_at_all\nfrom plugin_sdk", "not_there_at_all"),
    ],
    ids=["syntax", "on_load", "import"],
)
def test_a_broken_edit_is_shown_and_the_old_one_keeps_running(shell: Shell, old: str, new: str, shown: str):
    folder = shell.plugin("says", SAYS)
    with shell.start("dev", folder) as running:
        first = begin(running)
        edit(folder, old, new)
        kept = running.until("^dev  kept: not taken over, the old one keeps running.*")
        assert "mend what it says" not in kept[0]
        assert not gone(first)
        edit(folder, new, old)
        second = pid_of(running, "reloaded")
        assert shown in running.seen
        finish(running)
    assert second != first


def test_a_broken_manifest_is_shown_and_another_id_is_refused(shell: Shell):
    folder = shell.plugin("says", SAYS)
    manifest = folder / "plugin.toml"
    good = manifest.read_text()
    with shell.start("dev", folder) as running:
        first = begin(running)
        manifest.write_text(good + "nonsense = [")
        running.until("^dev  kept: ")
        running.until("mend it and save$")
        assert "plughost validate" not in running.seen
        manifest.write_text(good.replace('"says"', '"tells"'))
        running.until("^dev  kept: .*the id is now 'tells'")
        assert not gone(first)
        manifest.write_text(good.replace("1.0.0", "2.0.0"))
        running.until(r"^dev  reloaded: says 2\.0\.0 ")
        finish(running)


def test_an_unhealthy_edit_does_not_take_over(shell: Shell):
    folder = shell.plugin("says", SAYS)
    unhealthy = (
        SAYS + '\n    def on_health(self):\n        return {"status": "unhealthy", "reason": "no pulse"}\n'
    )
    with shell.start("dev", folder) as running:
        first = begin(running)
        (folder / "main.py").write_text(unhealthy)
        running.until("^dev  kept: .*no pulse")
        assert not gone(first)
        finish(running)


def test_a_plugin_that_fails_at_first_runs_after_an_edit(shell: Shell):
    folder = shell.plugin("says", SAYS.replace('self.log.info("it says first")', "raise ValueError(1)"))
    with shell.start("dev", folder) as running:
        running.until("^dev  failed: ")
        running.until("^dev  watching: ")
        (folder / "main.py").write_text(SAYS)
        pid_of(running, "reloaded")
        finish(running)


def test_as_json_it_tells_what_happens_by_the_line(shell: Shell):
    folder = shell.plugin("says", SAYS)
    with shell.start("dev", folder, "--json") as running:
        assert running.item().startswith('{"dev":"running"')
        assert running.item().startswith('{"dev":"watching"')
        edit(folder, "first", "other")
        assert running.item().startswith('{"dev":"changed"')
        assert running.item().startswith('{"dev":"reloaded"')
        finish(running)


ASKS = """
from plugin_sdk import Plugin, command


class Says(Plugin):
    @command("wipe")
    async def wipe(self) -> str:
        return "wiped" if await self.ui.confirm("Wipe all?") else "kept"

    async def on_ready(self) -> None:
        self.log.info(await self.wipe())
"""


def test_what_a_plugin_asks_is_told_with_the_command_that_answers_it(shell: Shell):
    folder = shell.plugin("says", ASKS.replace("on_ready", "never"), 'permissions = ["prompts:send"]\n')
    with shell.start("dev", folder, "--data", "data") as running:
        begin(running)
        wiping = ("commands", "--data", "data", "run", "wipe")
        with shell.start(*wiping) as command:
            said = running.until(
                "^dev  asks: Wipe all\\?; answer it: plughost (prompts --data data answer .*)"
            )
            done = shell.run(*said[1].split(), "--yes")
            assert done.code == 0, done.err
            assert command.item() == "wiped"
        finish(running)


def test_what_a_plugin_asks_is_dismissed_where_nothing_can_answer_it(shell: Shell):
    asks = ASKS.replace("on_ready", "on_load")
    folder = shell.plugin("says", asks, 'permissions = ["prompts:send"]\n')
    with shell.start("dev", folder) as running:
        running.until("^dev  asks: Wipe all\\?; dismissed, because nothing can answer it here: .*--data D")
        begin(running)
        assert "says  kept" in running.seen
        finish(running)
