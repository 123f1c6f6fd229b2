"""The inspector over a real plugin process, driven key by key at both sizes; and in tmux."""

import shutil
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from host.cli.inspect_screen import watched
from host.cli.inspect_subject import InspectSubject
from host.plugin_host import PluginHost
from host.tui.forms.edit_dialog import EditDialog
from host.tui.inked_lines import InkedLines, InkedText
from host.tui.inspector.app import Inspector
from host.tui.inspector.pick_list import PickList
from host.tui.inspector.screen import InspectScreen
from host.tui.log_view import LogView
from tests.tui.test_tmux import Tmux

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(90)]

SIZES = [pytest.param((120, 36), id="120x36"), pytest.param((80, 24), id="80x24")]
WIDE = (120, 36)
WAIT_S = 30.0

CODE = """
import asyncio
from typing import Any
from plugin_sdk import Plugin, command, deny, endpoint, hook, method, on

class Asked(Plugin):
    @method
    async def greet(self, name: str, loud: bool = False) -> str:
        self.log.info("greeting someone")
        await self.storage.set("last", name)
        return f"Hello {name}" + ("!" if loud else "")

    @method
    async def nap(self) -> None:
        await asyncio.sleep(600)

    @method
    async def count(self, upto: int):
        for number in range(upto):
            yield {"number": number}

    @command("sum", description="Add up")
    async def total(self, a: int = 1) -> int:
        return a + 1

    @endpoint("GET", "/users/{name}")
    async def user(self, name: str) -> dict[str, str]:
        return {"user": name}

    @hook("door.before_open")
    async def door(self, who: Any) -> object:
        return deny("closed")

    @on("user.login")
    async def login(self, user: Any) -> None:
        self.log.info("somebody came")
"""

MANIFEST = """
id = "asked"
version = "1.0.0"
entry_point = "main:Asked"

[config_schema.properties.pin]
type = "string"
default = "4711"
"x-secret" = true
"""


class Driven:
    """A running inspector."""

    def __init__(self, app: Inspector, pilot: Pilot[None], folder: Path) -> None:
        self.app = app
        self.pilot = pilot
        self.folder = folder

    @property
    def screen(self) -> InspectScreen:
        return next(one for one in self.app.screen_stack if isinstance(one, InspectScreen))

    def text(self, name: str) -> str:
        view = self.screen.query_one(f"#{name}")
        if isinstance(view, LogView):
            return "\n".join(view.texts())
        assert isinstance(view, PickList | InkedText | InkedLines)
        return view.text

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, holds: Callable[[], Any]) -> None:
        with anyio.move_on_after(WAIT_S):
            while not holds():
                await self.pilot.pause()
                await anyio.lowlevel.checkpoint()
            return
        raise AssertionError({name: self.text(name) for name in ("status", "answer", "form", "wire")})

    async def choose(self, key: str) -> None:
        offers = self.screen.query_one("#offers", PickList)
        offers.focus()
        assert offers.go_to(key), offers.text
        await self.pilot.pause()

    async def fill(self, key: str, *typed: str) -> None:
        form = self.screen.query_one("#form", PickList)
        form.focus()
        assert form.go_to(key), form.text
        await self.press("enter")
        await self.until(lambda: isinstance(self.app.screen, EditDialog))
        await self.press(*typed)
        await self.until(lambda: self.app.screen is self.screen)

    async def send(self) -> None:
        await self.press("s")
        await self.until(lambda: self.text("status").strip()[:1] in ("✓", "✖"))


@asynccontextmanager
async def inspecting(
    folder: Path, size: tuple[int, int] = WIDE, **options: Any
) -> AsyncGenerator[Driven, None]:
    plugin = folder / "asked"
    plugin.mkdir()
    (plugin / "plugin.toml").write_text(MANIFEST)
    (plugin / "main.py").write_text(CODE)
    host = PluginHost([plugin])
    wire = watched(host)
    async with host:
        await host.load("asked")
        subject = InspectSubject(host, plugin, "asked", wire)
        async with anyio.create_task_group() as tasks:
            app = Inspector(subject, tasks, **options)
            async with app.run_test(size=size) as pilot:
                driven = Driven(app, pilot, plugin)
                await driven.until(lambda: "greet" in driven.text("offers"))
                yield driven
            tasks.cancel_scope.cancel()


@pytest.mark.parametrize("size", SIZES)
async def test_a_method_is_called_from_its_form_and_its_frames_are_seen(
    tmp_path: Path, size: tuple[int, int]
):
    async with inspecting(tmp_path, size) as inspector:
        await inspector.choose("method greet")
        assert "name" in inspector.text("form")
        await inspector.fill("name", *"Ada", "enter")
        await inspector.fill("loud", "enter")
        await inspector.send()
        assert inspector.text("answer") == '"Hello Ada!"'
        await inspector.press("w")
        await inspector.until(lambda: "answer greet" in inspector.text("wire"))
        wire = inspector.text("wire")
        assert wire.index("host → plugin  request greet") < wire.index("plugin → host  request storage.set")
        assert wire.index("request storage.set") < wire.index("plugin → host  answer greet")


async def test_everything_that_a_plugin_offers_can_be_asked(tmp_path: Path):
    async with inspecting(tmp_path) as inspector:
        for key, fields, answer in (
            ("stream count", {"upto": "2"}, '"number": 1'),
            ("command sum", {"a": "41"}, "42"),
            ("endpoint GET /api/plugins/asked/users/{name}", {"name": "Ada"}, '"user": "Ada"'),
            ("hook door.before_open", {}, '"reason": "closed"'),
            ("event user.login", {}, '"topic": "user.login"'),
            ("contract health", {}, '"healthy"'),
        ):
            await inspector.choose(key)
            for name, text in fields.items():
                await inspector.fill(name, *(["ctrl+a", "delete"] if text.isdigit() else []), *text, "enter")
            await inspector.send()
            assert answer in inspector.text("answer"), key
        await inspector.press("l")
        await inspector.until(lambda: "somebody came" in inspector.text("log"))


async def test_a_value_that_does_not_fit_is_told_in_the_form_and_refused_by_the_plugin(tmp_path: Path):
    async with inspecting(tmp_path) as inspector:
        await inspector.choose("method greet")
        await inspector.press("tab")
        await inspector.fill("name", "x", "enter")
        inspector.screen.query_one("#form", PickList).go_to("name")
        await inspector.press("d")
        assert "it is needed" in inspector.text("form")
        await inspector.send()
        assert "invalid_params" in inspector.text("status")


async def test_what_is_under_way_is_cancelled_and_sent_again(tmp_path: Path):
    async with inspecting(tmp_path) as inspector:
        await inspector.choose("method nap")
        await inspector.press("s")
        await inspector.until(lambda: "◐ asked" in inspector.text("status"))
        await inspector.press("x")
        await inspector.until(lambda: "cancelled" in inspector.text("status"))
        await inspector.press("w")
        await inspector.until(lambda: "$/cancel" in inspector.text("wire"))
        await inspector.press("A")
        await inspector.until(lambda: "◐ asked" in inspector.text("status"))
        await inspector.press("x")
        await inspector.until(lambda: inspector.text("wire").count("$/cancel") == 2)


async def test_an_edit_is_taken_over_and_one_that_is_broken_is_not(tmp_path: Path):
    async with inspecting(tmp_path) as inspector:
        await inspector.choose("method greet")
        await inspector.fill("name", *"Ada", "enter")
        main = inspector.folder / "main.py"
        main.write_text(CODE + "    def broken(:\n")
        await inspector.press("r")
        await inspector.until(lambda: "not reloaded" in inspector.text("status"))
        main.write_text(CODE.replace("Hello", "Good day"))
        await inspector.press("r")
        await inspector.until(lambda: "✓ reloaded" in inspector.text("status"))
        await inspector.send()
        assert inspector.text("answer") == '"Good day Ada"'


async def test_configuration_is_not_shown_on_the_wire(tmp_path: Path):
    async with inspecting(tmp_path) as inspector:
        await inspector.press("w", "r")
        await inspector.until(lambda: "✓ reloaded" in inspector.text("status"))
        await inspector.until(lambda: "request plugin.load" in inspector.text("wire"))
        assert "4711" not in inspector.text("wire")


async def test_all_parameters_can_be_typed_as_json_and_copied_as_a_command_line(tmp_path: Path):
    async with inspecting(tmp_path) as inspector:
        await inspector.choose("method greet")
        await inspector.press("J")
        await inspector.until(lambda: isinstance(inspector.app.screen, EditDialog))
        inspector.app.screen.query_one(TextArea).text = '{"name": "Ada"}'
        await inspector.press("ctrl+s")
        await inspector.until(lambda: inspector.app.screen is inspector.screen)
        await inspector.press("Y")
        assert inspector.app.clipboard.endswith("""/asked call greet '{"name": "Ada"}'""")
        await inspector.send()
        assert inspector.text("answer") == '"Hello Ada"'


async def test_it_is_drawn_in_ascii_and_helps_with_its_keys(tmp_path: Path):
    async with inspecting(tmp_path, ascii=True) as inspector:
        await inspector.press("question_mark")
        await inspector.until(lambda: inspector.app.screen is not inspector.screen)
        shown = inspector.app.screen.query_one(InkedText).text
        assert "send again" in shown
        assert "Filters" not in shown
        await inspector.press("escape")
        await inspector.press("q")
        await inspector.until(lambda: not inspector.app.is_running)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_in_a_terminal_the_command_shows_the_form_and_asks(tmp_path: Path):
    folder = tmp_path / "asked"
    folder.mkdir()
    (folder / "plugin.toml").write_text(MANIFEST)
    (folder / "main.py").write_text(CODE)
    tmux = Tmux(tmp_path)
    try:
        plughost = str(Path(sys.executable).with_name("plughost"))
        tmux.run(
            "-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "36", plughost, "inspect", str(folder)
        )
        tmux.until(lambda text: "greet" in text and "● active" in text)
        # A terminal that nobody is attached to may count as out of focus, and loses keys until it does not.
        tmux.until(lambda text: "[Wire" in text or tmux.press("w"))
        tmux.press("Enter", "Enter")
        tmux.until(lambda text: "allowed: string" in text)
        tmux.press("A", "d", "a", "Enter")
        tmux.until(lambda text: "allowed: string" not in text and "Ada  string" in text)
        tmux.press("s")
        tmux.until(lambda text: "answer greet" in text)
        tmux.press("a")
        tmux.until(lambda text: '"Hello Ada"' in text and "answer greet" not in text)
        tmux.press("q")
        tmux.until(lambda text: "greet" not in text)
    finally:
        tmux.close()
