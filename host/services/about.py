"""`host.info` and `rpc.discover`: what a plugin may know about its host."""

from collections.abc import Callable
from typing import Any

from host.facade import Caller
from protocol.messages.plugins import HostInfo
from protocol.version import PROTOCOL_VERSIONS, RELEASE


class AboutService:
    """Describes the host."""

    def __init__(self, describe: Callable[[], dict[str, Any]]) -> None:
        """`describe()` returns the OpenRPC document of all that plugins may call."""
        self._describe = describe

    async def info(self, caller: Caller) -> HostInfo:
        """Describe the host."""
        return HostInfo("plughost", RELEASE, PROTOCOL_VERSIONS, caller.plugin, caller.session)

    async def discover(self) -> dict[str, Any]:
        """Describe the host's methods."""
        return self._describe()
