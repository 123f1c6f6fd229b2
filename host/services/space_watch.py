"""Space watch: how much lies in plugins' own folders, which counts against what each may keep.

The kernel can't be told of such a limit, so the folders are counted now and then, in a worker thread; what is
found takes room from the plugin's storage, and too much of it is said. Counts only plugins that run.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from host.errors import HostClosed
from host.facade import Joining
from host.ids import PluginId, SessionId
from host.services.storage import Storage
from host.state.spaces import Spaces

logger = logging.getLogger(__name__)

EVERY_S: Final = 60.0


class SpaceWatch:
    """Of one host."""

    def __init__(self, storage: Storage, tell: Callable[[str, Mapping[str, Any]], None]) -> None:
        """`tell(topic, data)` emits an event of one that keeps too much, once until it does not."""
        self._storage = storage
        self._tell = tell
        self._folders: Spaces | None = None
        self._running: dict[PluginId, SessionId] = {}
        self._over: set[str] = set()
        self._counting: anyio.CancelScope | None = None

    @property
    def spaces(self) -> Spaces:
        """The folders, once the host runs: the one owner of where they are."""
        if self._folders is None:
            raise HostClosed("this host is not running")
        return self._folders

    async def forget(self, plugin: str) -> int:
        """Delete the folders of a plugin that does not run; return how many files there were."""
        files = await anyio.to_thread.run_sync(self.spaces.wipe, plugin)
        self._storage.files_bytes.pop(plugin, None)
        self._over.discard(plugin)
        return files

    async def open(self, folder: Path, tasks: TaskGroup) -> None:
        """Begin to count; see `Opens`."""
        self._folders = Spaces(folder)
        self._counting = anyio.CancelScope()
        tasks.start_soon(self._keep_counting, self._counting)

    async def aclose(self) -> None:
        """Count no more."""
        if self._counting is not None:
            self._counting.cancel()

    def check(self, session: Joining) -> Iterable[str]:
        """Find nothing wrong."""
        return ()

    def join(self, session: Joining) -> None:
        """Count its folder from now on."""
        self._running[session.plugin] = session.id

    def activated(self, session: Joining) -> None:
        """Do nothing more."""

    def leave(self, session: Joining) -> None:
        """What it keeps stays counted as it was."""
        if self._running.get(session.plugin) == session.id:
            del self._running[session.plugin]

    async def count(self) -> None:
        """Count the folders of all plugins that run."""
        for plugin in [*self._running]:
            usage = await anyio.to_thread.run_sync(self.spaces.usage, plugin)
            self._storage.files_bytes[plugin] = usage.data_bytes
            quota = self._storage.quota_bytes(plugin)
            if usage.data_bytes <= quota:
                self._over.discard(plugin)
            elif plugin not in self._over:
                self._over.add(plugin)
                logger.warning(
                    "its folder holds more than the plugin may keep: storing is refused until there is room",
                    extra={"fields": {"plugin": plugin, "bytes": usage.data_bytes, "quota_bytes": quota}},
                )
                told = {"plugin": plugin, "bytes": usage.data_bytes, "quota_bytes": quota}
                self._tell("plughost.plugin.quota", told)

    async def _keep_counting(self, scope: anyio.CancelScope) -> None:
        with scope:
            while True:
                await anyio.sleep(EVERY_S)
                await self.count()
