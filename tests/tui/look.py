"""Writes how the monitor looks over real hosts, to be looked at: every screen and tab, at both sizes.

`PYTHONPATH=tests python -m tui.look FOLDER` makes pictures of a host that is well, one whose plugins fail in
all ways, one without plugins, and one that is gone; as PNG where rsvg-convert is there, else as SVG.
"""

import html
import re
import shutil
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from textual.pilot import Pilot

from host import PluginHost
from host.base_error import PlughostError
from host.control.client import connect
from host.tui.app import Monitor
from host.tui.keys import SCREENS
from host.tui.screen import MonitorScreen
from host.tui.tabs.registry import TABS

ROOT = Path(__file__).parents[2]
WELL = [ROOT / "examples" / "plugins" / name for name in ("counter", "hello", "streamer", "talker")]
ILL = [
    ROOT / "tests" / "plugins" / name
    for name in (
        "bad-json",
        "eats-memory",
        "exits-7",
        "floods-stderr",
        "import-error",
        "spins",
        "wrong-version",
    )
]
HARM = (("bad-json", "bad_utf8"), ("eats-memory", "eat"), ("floods-stderr", "flood"), ("spins", "spin"))
SIZES = ((120, 36), (80, 24))
CELL_PX = 12.2
"""How wide a character of Textual's pictures is."""


@asynccontextmanager
async def attached(data: Path, size: tuple[int, int]) -> AsyncGenerator[tuple[Monitor, Pilot[None]]]:
    """Run a monitor over the host's control socket, live."""
    async with anyio.create_task_group() as tasks:
        app = Monitor(lambda: connect(data), tasks)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.link == "live")
            yield app, pilot
        tasks.cancel_scope.cancel()


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait until something holds, ten seconds at most."""
    with anyio.fail_after(10):
        while not holds():
            await pilot.pause(0.05)


class Album:
    """A folder of pictures."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drawer = shutil.which("rsvg-convert")

    async def take(self, name: str, app: Monitor, pilot: Pilot[None]) -> None:
        """Take a picture once all that is under way is painted."""
        await pilot.pause(1.5)
        for screen in app.screen_stack:
            if isinstance(screen, MonitorScreen):
                screen.tick()
        await pilot.pause()
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{name}.svg"
        await anyio.Path(file).write_text(placed(app.export_screenshot()))
        if self._drawer:
            await anyio.run_process(
                [self._drawer, "-w", "1200", str(file), "-o", str(file.with_suffix(".png"))]
            )
            file.unlink()


def placed(svg: str) -> str:
    """Return a picture with each character in a place of its own: another font must shift nothing."""

    def each(found: re.Match[str]) -> str:
        ink, x, y, text = found.groups()
        return "".join(
            f'<text class="{ink}" x="{float(x) + place * CELL_PX:.1f}" y="{y}">{html.escape(char)}</text>'
            for place, char in enumerate(html.unescape(text))
            if not char.isspace()
        )

    svg = svg.replace("Fira Code", "DejaVu Sans Mono")
    return re.sub(r'<text class="([^"]*-r\d+)" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>', each, svg)


async def walk(album: Album, kind: str, data: Path, plugin: str) -> None:
    """Take every screen, and every tab of a plugin."""
    for size in SIZES:
        mark = f"{size[0]}x{size[1]}"
        async with attached(data, size) as (app, pilot):
            for screen in SCREENS:
                await pilot.press(screen.key)
                await album.take(f"{kind}-{screen.mode}-{mark}", app, pilot)
            if not plugin:
                continue
            for tab in TABS:
                app.open_plugin(plugin, tab.id)
                await album.take(f"{kind}-tab-{tab.id}-{mark}", app, pilot)
            await pilot.press("question_mark")
            await album.take(f"{kind}-help-{mark}", app, pilot)
            await pilot.press("escape", "colon")
            await album.take(f"{kind}-palette-{mark}", app, pilot)


async def harm(host: PluginHost) -> None:
    """Have plugins do what they should not."""

    async def call(plugin: str, method: str) -> None:
        with suppress(PlughostError):
            await host.call(plugin, method, timeout_s=3)

    async with anyio.create_task_group() as tasks:
        for plugin, method in HARM:
            tasks.start_soon(call, plugin, method)
        for _ in range(3):
            await call("exits-7", "leave")
            await anyio.sleep(1)


async def hosted(album: Album, kind: str, plugins: Sequence[Path], plugin: str) -> None:
    """Take pictures of one host."""
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        async with PluginHost(plugins, data=data, autoload=True, control=True, app="chat") as host:
            if kind == "ill":
                await harm(host)
            await walk(album, kind, data, plugin)


async def lost(album: Album) -> None:
    """Take pictures of a host that is gone."""
    for size in SIZES:
        mark = f"{size[0]}x{size[1]}"
        with TemporaryDirectory() as folder:
            async with (
                PluginHost(WELL, data=folder, autoload=True, control=True, app="chat") as host,
                attached(Path(folder), size) as (app, pilot),
            ):
                await until(pilot, lambda app=app: bool(app.model.plugins))
                await host.aclose()
                await until(pilot, lambda app=app: app.model.link == "lost")
                for screen in SCREENS:
                    await pilot.press(screen.key)
                    await album.take(f"lost-{screen.mode}-{mark}", app, pilot)


async def main(folder: Path) -> None:
    """Fill a folder."""
    album = Album(folder)
    await hosted(album, "well", WELL, "counter")
    await hosted(album, "ill", [*WELL, *ILL], "exits-7")
    await hosted(album, "empty", [], "")
    await lost(album)


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]))
