"""What an embedding program gives that can't be meant: refused with place, found and allowed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from host import PluginHost
from host.errors import InvalidParams, PlughostError, SettingsError


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"consent": "widning"}, "consent: found 'widning'; allowed: 'widening', 'never'"),
        ({"warden": True}, "warden: found True; allowed: 'auto', 'off'"),
        ({"plugins": "plugins"}, "plugins: found 'plugins'; allowed: a list of folders"),
        ({"plugins": Path("plugins")}, "plugins: found .*allowed: a list of folders"),
        ({"config": {"a": 5}}, "config.a: found 5; allowed: a table"),
        ({"config": [1]}, r"config: found \[1\]; allowed: a table"),
        ({"rate_limits": {"x": 5}}, "rate_limits.x: found 5; allowed: "),
        ({"rate_limits": ["x"]}, r"rate_limits: found \['x'\]; allowed: a table"),
        ({"storage_quota_bytes": "5m"}, "storage_quota_bytes: found '5m'; allowed: bytes, as an int"),
        ({"system_config": "x"}, "system_config: found 'x'; allowed: a table"),
    ],
)
def test_what_a_host_can_not_be_built_from_is_refused(given: dict[str, Any], said: str):
    with pytest.raises(SettingsError, match=said):
        PluginHost(**cast("Any", given))


async def test_words_and_tables_of_a_running_host_are_checked_before_anything_is_done(
    write_plugin: Callable[..., Path],
):
    place = write_plugin("needed", "class Needed(Plugin):\n    pass\n")
    async with PluginHost([place], autoload=True) as host:

        async def refused(call: Any) -> str:
            with pytest.raises(PlughostError) as caught:
                await call
            assert isinstance(caught.value, InvalidParams)
            return caught.value.message

        for word in ("Keep", "", None, 1):
            said = await refused(host.unload("needed", dependants=cast("Any", word)))
            assert said == f"dependants: found {word!r}; allowed: 'ask', 'unload', 'keep'"
        assert host.plugin("needed").state == "active"
        for table in ([1], "x", {1: 2}):
            assert "the values that are set: found" in await refused(
                host.configuration.set("needed", cast("Any", table))
            )
        with pytest.raises(InvalidParams, match="fail: found 'Closed'; allowed: 'open', 'closed'"):
            host.hooks.declare("message.before_send", fail=cast("Any", "Closed"))
        assert "hook: found 'bad name'" in await refused(host.hook("bad name", 1))
