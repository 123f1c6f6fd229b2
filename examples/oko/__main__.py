"""`python -m examples.oko`: a dashboard's plugins and their sections; `--demo` plays a scene and ends."""

from pathlib import Path

import anyio

from examples.oko.backend import Backend
from examples.oko.dashboard import PLUGINS, Dashboard
from examples.oko.page import plugins_page, sections_page
from examples.program import run

FAILING = Path(__file__).parent / "failing"


async def serve(folder: Path) -> None:
    async with Dashboard(folder, autoload=True, show=print) as dashboard:
        print(*plugins_page(dashboard), *await sections_page(dashboard), sep="\n")
        print("The dashboard runs, and says what becomes of its plugins. Ctrl-C ends it.", flush=True)
        await anyio.sleep_forever()


async def demo(folder: Path) -> None:
    async with Dashboard(folder, [PLUGINS, FAILING]) as dashboard:
        backend = Backend(dashboard)

        async def ask(method: str, path: str) -> None:
            answer = await backend.answer(method, f"/api/v1{path}")
            print(f"{method} /api/v1{path} -> {answer.status} {answer.data}")

        await ask("GET", "/store")
        await ask("GET", "/plugins")
        await ask("POST", "/plugins/my_plugin/load")
        await ask("POST", "/plugins/another_plugin/load")
        await ask("POST", "/plugins/broken_plugin/load")
        print(await dashboard.execute("exec.my_plugin.action", {"name": "Ada"}))
        print(*plugins_page(dashboard), *await sections_page(dashboard), sep="\n")
        await ask("GET", "/plugins/my_plugin")
        await ask("POST", "/plugins/my_plugin/disable")
        await ask("POST", "/plugins/my_plugin/load")
        await ask("POST", "/plugins/my_plugin/enable")
        await ask("POST", "/plugins/my_plugin/load")
        await ask("POST", "/plugins/my_plugin/unload")


if __name__ == "__main__":
    run("examples.oko", __doc__ or "", serve, demo)
