"""`python -m examples.plexichat`: a chat service with plugins; `--demo` plays a scene and ends."""

from pathlib import Path
from typing import Any

import anyio

from examples.plexichat.model import KEY, serving
from examples.plexichat.plexichat import PlexiChat, Unsafe
from examples.program import run
from host import Request

VIRUS = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
WAIT_S = 20.0
"""Longest time for a line of the scene to come."""


class Shown:
    """Prints each line, and lets the scene wait for one: what follows from events comes when it comes."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._more = anyio.Event()

    def __call__(self, line: str) -> None:
        print(f"    {line}")
        self._lines.append(line)
        self._more.set()
        self._more = anyio.Event()

    async def until(self, line: str) -> None:
        """Wait until this line was shown."""
        with anyio.fail_after(WAIT_S):
            while line not in self._lines:
                await self._more.wait()


def configuration(base_url: str) -> dict[str, dict[str, Any]]:
    return {
        "openai-provider": {"api_key": KEY, "base_url": base_url},
        "my-awesome-plugin": {"api_key": KEY},
    }


async def serve(folder: Path) -> None:
    with serving() as url:
        async with PlexiChat(folder, config=configuration(url), show=print) as chat:
            for view in chat.host.plugins():
                print(f"{view.id}: {view.state} {view.reason}")
            print("PlexiChat runs, with a model on this machine. Ctrl-C ends it.", flush=True)
            await anyio.sleep_forever()


async def demo(folder: Path) -> None:
    show = Shown()
    with serving() as url:
        async with PlexiChat(folder, config=configuration(url), show=show) as chat:
            await scene(chat, folder, show)


async def scene(chat: PlexiChat, folder: Path, show: Shown) -> None:
    host = chat.host
    print("Plugins, each in a process of its own:")
    for view in host.plugins():
        show(f"{view.id}: {view.state} {view.reason}")

    print("Ada logs in and says something:")
    await chat.login("ada")
    await show.until("plugin:workflow: Welcome, ada!")
    await chat.post("ada", "hello, I need !help")
    await show.until("ada: hello, I need !help")
    await show.until("plugin:workflow: ada, help is on its way")

    print("What the antivirus does not like is not let through:")
    virus = folder / "invoice.txt"
    virus.write_text(VIRUS)
    for attempt in (chat.post("eve", "please confirm your password"), chat.upload("eve", virus)):
        try:
            await attempt
        except Unsafe as error:
            show(str(error))

    print("The AI provider, at once and piece by piece:")
    show(await chat.ask("openai-provider", "what is a plugin?", system_prompt="Be brief."))
    async for chunk in chat.ask_streaming("openai-provider", "and a host?"):
        show(repr(chunk))

    print("What the custom UI adds:")
    answer = await host.dispatch(Request("GET", "/api/plugins/custom-ui/custom"))
    show(f"GET /api/plugins/custom-ui/custom -> {answer.status} {answer.data}")
    (item,) = host.ui.contributions("menu_item")
    show(f"menu item {item.title} -> {await host.ui.invoke('custom-ui', item.name)}")

    print("The workflow, on request:")
    await host.call("workflow", "execute_workflow", {"workflow_id": "welcome", "data": {"name": "bob"}})


if __name__ == "__main__":
    run("examples.plexichat", __doc__ or "", serve, demo)
