"""A plugin that asks, and what tests of prompts share: calls that wait, and prompts as they come."""

from typing import Any

import anyio
from anyio.abc import TaskGroup

from host import PlughostError, PluginHost, Prompt

WAIT_S = 20.0

ASKER = """
class Asker(Plugin):
    @method
    async def ask(self, prompt: dict[str, Any]) -> dict[str, Any] | None:
        return await self.ui.prompt(**prompt)

    @method
    async def sure(self) -> bool:
        return await self.ui.confirm("Delete 40 sessions?", "They are of last year.")

    @method
    async def which(self) -> str | None:
        return await self.ui.choose("Which account?", ["home", "work"])

    @method
    async def raw(self, params: dict[str, Any]) -> Any:
        return await self.host.call("ui.prompt", params)
"""


class Asking:
    """A call of the plugin that waits for an answer."""

    def __init__(self, host: PluginHost, method: str, params: dict[str, Any] | None = None) -> None:
        self._host = host
        self._method = method
        self._params = params or {}
        self._done = anyio.Event()
        self._result: Any = None
        self._error: PlughostError | None = None

    async def run(self, timeout_s: float = WAIT_S) -> None:
        """Make it."""
        try:
            self._result = await self._host.call("asker", self._method, self._params, timeout_s=timeout_s)
        except PlughostError as exc:
            self._error = exc
        self._done.set()

    async def result(self) -> Any:
        """Wait until it is over, and return what it brought, or raise."""
        with anyio.fail_after(WAIT_S):
            await self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result


class Heard:
    """Prompts as the application hears of them."""

    def __init__(self, host: PluginHost) -> None:
        self.seen: list[Prompt] = []
        self._news = anyio.Event()
        host.prompts.on(self._take)

    def _take(self, prompt: Prompt) -> None:
        self.seen.append(prompt)
        self._news.set()

    async def next(self, count: int = 1) -> Prompt:
        """Wait for so many; return the last one."""
        with anyio.fail_after(WAIT_S):
            while len(self.seen) < count:
                self._news = anyio.Event()
                await self._news.wait()
        return self.seen[count - 1]


def start(tasks: TaskGroup, host: PluginHost, method: str, params: dict[str, Any] | None = None) -> Asking:
    asking = Asking(host, method, params)
    tasks.start_soon(asking.run)
    return asking
