"""Limits of how often plugins call APIs of the host."""

from collections.abc import Callable
from pathlib import Path

import pytest

from host import PluginHost, RateLimited, SettingsError
from host.routing.rate_limits import RateLimits

Write = Callable[..., Path]

CALLER = """
class Asker(Plugin):
    @method
    async def ask(self, method: str, times: int) -> None:
        for _ in range(times):
            await self.host.call(method)
"""


async def test_a_plugin_that_calls_too_often_is_told_when_to_try_again(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("asker", CALLER)
    write_plugin("other", CALLER)
    host = PluginHost([plugins], autoload=True, rate_limits={"sessions": "3/h", "users.list": "1/d"})

    @host.api("sessions.list")
    async def sessions() -> None: ...

    @host.api("users.list")
    async def users() -> None: ...

    @host.api("users.count")
    async def count() -> None: ...

    async with host:
        with pytest.raises(RateLimited, match="more than 3 times in 3600 s") as caught:
            await host.call("asker", "ask", {"method": "sessions.list", "times": 4})
        assert 0 < caught.value.data["detail"]["retry_after_s"] <= 1_200
        await host.call("other", "ask", {"method": "sessions.list", "times": 3})
        await host.call("asker", "ask", {"method": "users.count", "times": 50})
        with pytest.raises(RateLimited, match=r"users\.list"):
            await host.call("asker", "ask", {"method": "users.list", "times": 2})


def test_a_limit_fills_again_as_time_goes_on() -> None:
    now = [0.0]
    gate = RateLimits({"*": "2/s", "free": "1000/s"}, lambda: now[0]).gate("one")
    assert gate is not None
    for _ in range(2):
        gate.check("a.b")
        gate.check("c.d")
    for _ in range(100):
        gate.check("free.x")
    with pytest.raises(RateLimited, match=r"try again in 0\.50 s"):
        gate.check("a.b")
    now[0] += 0.5
    gate.check("a.b")
    with pytest.raises(RateLimited):
        gate.check("a.other")


@pytest.mark.parametrize("text", ["", "0/s", "1/week", "many", "1.5/s", "-1/s"])
def test_what_is_no_limit_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(SettingsError, match="100/s"):
        RateLimits({"sessions": text}, lambda: 0.0)


def test_without_limits_nothing_is_checked() -> None:
    assert RateLimits({}, lambda: 0.0).gate("one") is None
