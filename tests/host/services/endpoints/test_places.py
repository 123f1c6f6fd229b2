"""Where endpoints may be mounted, and what is said of a place that is taken, wrong or near another."""

from collections.abc import Callable
from pathlib import Path

import pytest

from host import (
    ContributionNotFound,
    DuplicateContribution,
    InvalidParams,
    LoadRefused,
    PluginHost,
    Request,
)
from tests.host.services.endpoints.analytics_plugin import READER

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("method", "path", "named"),
    [
        ("GET", "/api/v1/plugins", "is the host's"),
        ("GET", "/api/v1/plugins/x", "is the host's"),
        ("GET", "/api/v1/{a}/x", "is the host's"),
        ("POST", "/api/plugins/install", "is the host's"),
        ("GET", "/api/plugins/{id}/x", "every plugin's own folder"),
        ("GET", "/api/plugins/github/x", "folder of plugin 'github'"),
        ("FETCH", "/x", "allowed: GET, HEAD"),
        ("GET", "/a//b", "two slashes"),
        ("GET", "/a/../b", "'..'"),
        ("GET", "/a b", "'a b'"),
        ("GET", "/{a}/{a}", "twice"),
        ("GET", "/{a", "'{a'"),
        ("GET", "/" + "x/" * 40, "parts"),
    ],
)
async def test_a_place_that_is_not_the_plugins_is_refused(
    place: Path, write_plugin: Write, method: str, path: str, named: str
) -> None:
    write_plugin("github", "class Github(Plugin): ...")
    write_plugin(
        "bad",
        f"from plugin_sdk import endpoint\n\nclass Bad(Plugin):\n"
        f"    @endpoint('{method}', '{path}')\n    async def a(self): ...\n"
        "    @endpoint('GET', '/fine')\n    async def b(self): ...\n",
    )
    async with PluginHost([place]) as host:
        await host.load("session-analytics")
        with pytest.raises(LoadRefused, match=named):
            await host.load("bad")
        assert host.endpoints.list("bad") == ()
        with pytest.raises(InvalidParams, match=named):
            await host.call("session-analytics", "register", {"method": method, "path": path})


async def test_an_endpoint_of_another_plugin_is_refused_naming_its_owner(
    place: Path, write_plugin: Write
) -> None:
    write_plugin(
        "second",
        "from plugin_sdk import endpoint\n\nclass Second(Plugin):\n"
        "    @endpoint('GET', '/api/plugins/analytics/stats', permissions=['nonsense'])\n"
        "    async def a(self): ...\n"
        "    @endpoint('GET', '/api/plugins/analytics/stats/')\n    async def b(self): ...\n",
    )
    async with PluginHost([place]) as host:
        await host.load("session-analytics")
        with pytest.raises(LoadRefused) as caught:
            await host.load("second")
        assert r"permissions[0]: found 'nonsense'" in caught.value.message
        assert "plugin 'session-analytics' answers there" in caught.value.message
        place_of = await host.call("session-analytics", "register", {"method": "GET", "path": "/api/own/{a}"})
        assert place_of == "/api/own/{a}"
        with pytest.raises(DuplicateContribution, match="already"):
            await host.call("session-analytics", "register", {"method": "GET", "path": "/api/own/{b}"})
        assert (await host.dispatch(Request("GET", "/api/own/x"))).status == 200
        await host.call("session-analytics", "unregister", {"method": "GET", "path": "/api/own/{a}"})
        assert (await host.dispatch(Request("GET", "/api/own/x"))).status == 404
        with pytest.raises(ContributionNotFound):
            await host.call("session-analytics", "unregister", {"method": "GET", "path": "/api/own/{a}"})


@pytest.mark.parametrize(
    "path", ["/stats", "/analytics/stat", "/api/plugins/analytics/statz", "/api/plugin/analytics/stats"]
)
async def test_a_path_that_leaves_out_or_misspells_the_mount_is_told_the_one_that_is_meant(
    place: Path, path: str
) -> None:
    async with PluginHost([place], autoload=True) as host:
        missing = await host.dispatch(Request("GET", path), READER)
        assert missing.status == 404
        assert missing.data["error"]["near"][0] == "/api/plugins/analytics/stats"
        assert "did you mean /api/plugins/analytics/stats" in missing.data["error"]["message"]
