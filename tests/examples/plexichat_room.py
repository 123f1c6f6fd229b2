"""A chat service for tests, and the lines that are seen in it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from examples.plexichat.__main__ import configuration
from examples.plexichat.model import serving
from examples.plexichat.plexichat import PlexiChat

WAIT_S = 20.0


class Room:
    """A chat service, and the lines that are seen in it."""

    def __init__(self, folder: Path, config: dict[str, dict[str, Any]]) -> None:
        self._seen = asyncio.Queue[str]()
        self.chat = PlexiChat(folder, config=config, show=self._seen.put_nowait)
        self.host = self.chat.host

    async def see(self, line: str) -> None:
        """Wait for a line; others may come before it."""
        with anyio.fail_after(WAIT_S):
            while await self._seen.get() != line:
                pass


@asynccontextmanager
async def open_room(folder: Path) -> AsyncGenerator[Room]:
    """Run the chat with a provider to ask."""
    with serving() as url:
        room = Room(folder, configuration(url))
        async with room.chat:
            yield room
