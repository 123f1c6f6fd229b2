"""The product: a `PluginHost` as an application embeds it, with nothing switched off."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.contestant import Contestant
from host import PluginHost

_PLUGINS = Path(__file__).parents[1] / "plugins"
_PLUGIN = "echo"


class Plughost(Contestant):
    """`host.call` into an `async def` handler."""

    name = "plughost"
    about = "`PluginHost.call`: deadline, cancelling, metrics, permissions, watchdog and heartbeat on"

    def __init__(self) -> None:
        self._host = PluginHost(plugins=[_PLUGINS])

    async def __aenter__(self) -> Self:
        await self._host.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._host.aclose()

    async def start(self) -> None:
        await self._host.load(_PLUGIN)

    async def stop(self) -> None:
        await self._host.unload(_PLUGIN)

    @property
    def pid(self) -> int:
        pid = self._host.plugin(_PLUGIN).pid
        assert pid is not None
        return pid

    async def call(self, value: Any) -> Any:
        return await self._host.call(_PLUGIN, "echo", {"value": value})
