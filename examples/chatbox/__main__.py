"""`python -m examples.chatbox`: a chat at the terminal; with `--demo` a scene that ends by itself."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio

from examples.chatbox.archive import Message
from examples.chatbox.chatbox import PLUGINS, Chatbox
from examples.program import run
from host import DeadlineExceeded, Denied, LoadFailed, PluginDied
from host.manifest import pack_blob

MISBEHAVING = Path(__file__).parent / "misbehaving"


def show(message: Message) -> None:
    print(f"    {message.metadata.get('plugin') or message.metadata.get('user')}: {message.content}")


async def lines() -> AsyncIterator[str]:
    """Yield what is typed, until Ctrl-D."""
    rest = b""
    while True:
        try:
            await anyio.wait_readable(sys.stdin)
        except PermissionError:  # a file, or /dev/null: nobody types there
            await anyio.sleep_forever()
        if not (data := os.read(sys.stdin.fileno(), 4096)):
            return
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")


async def serve(folder: Path) -> None:
    async with Chatbox(folder, show=show) as chatbox:
        print(f"The chatbox runs with the plugins {', '.join(chatbox.active())}.")
        print("Say something, such as !example, !template or !score. Ctrl-C ends it.", flush=True)
        async for line in lines():
            await chatbox.post("you", line)


async def demo(folder: Path) -> None:
    said = asyncio.Queue[Message]()

    def tell(message: Message) -> None:
        show(message)
        said.put_nowait(message)

    async with Chatbox(folder, [PLUGINS, MISBEHAVING], show=tell) as chatbox:
        host = chatbox.host
        print("Plugins, each in a process of its own:")
        for view in host.plugins():
            print(f"    {view.id}: {view.state} {view.reason}")

        print("Messages; those of plugins say so:")
        for content in ("hello", "please, an !example", "and the !template", "what is the !score?"):
            await chatbox.post("ada", content)
            await said.get()
            if "!" in content:
                await said.get()

        print("The feature is switched off in the settings of the example:")
        await host.configuration.set("example-plugin", {"enableFeature": False}, by="ada")
        await chatbox.post("ada", "another !example")
        await host.call("example-plugin", "greeted")
        print("    (no answer)")

        print("Packed as one JSON text, and installed in another chatbox:")
        blob = pack_blob(PLUGINS / "example")
        async with Chatbox(folder / "other", [], show=show) as other:
            manifest = await other.installer.install(blob)
            print(f"    {len(blob)} bytes are {manifest.id} {manifest.version}, {other.active()}")

        print("A plugin that hangs:")
        try:
            await host.call("hangs", "ask")
        except DeadlineExceeded as error:
            print(f"    {error.message}")
        print("A plugin that eats memory:")
        try:
            await host.call("hungry", "eat")
        except PluginDied as error:
            print(f"    {error.message.splitlines()[0]}")
        print("A plugin that reads what it did not ask for:")
        try:
            await host.call("nosy", "read")
        except Denied as error:
            print(f"    {error.message}")
        print("A plugin that needs one that is not there:")
        try:
            await host.load("orphan")
        except LoadFailed as error:
            print(f"    {error.message}")

        print("The most used plugins:")
        for plugin, invocations in host.analytics.popular():
            print(f"    {plugin}: {invocations}")


if __name__ == "__main__":
    run("examples.chatbox", __doc__ or "", serve, demo)
