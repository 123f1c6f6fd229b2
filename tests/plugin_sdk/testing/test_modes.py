"""The same tests of one plugin in memory and in a real host: what the modes promise, and that they agree."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from host import PluginHost
from plugin_sdk.testing import DrivenClock, FakeHost, PluginHarness, read_folder
from protocol.errors import PluginError, RpcError

EVERYTHING = Path(__file__).parent / "plugins" / "everything"


own_host = pytest.mark.parametrize("plugin", ["memory", "process"], indirect=True)
"""For what a host that runs can't do for a test."""


@pytest.fixture(params=["memory", "process", "live"])
async def plugin(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[PluginHarness]:
    if request.param == "live":
        async with (
            PluginHost([EVERYTHING], data=tmp_path / "data", control=True),
            PluginHarness(read_folder(EVERYTHING), mode="live", data=str(tmp_path / "data")) as harness,
        ):
            yield harness
        return
    host = FakeHost()

    def sessions_of(user: str) -> list[str]:
        return [f"{user}-1", f"{user}-2"]

    host.answer("sessions.list", sessions_of, permission="sessions:read")
    host.answer("sessions.follow", ["a", "b"])
    host.answer("sessions.close", {}, permission="sessions:write")
    async with PluginHarness(read_folder(EVERYTHING), mode=request.param, fake_host=host) as harness:
        yield harness


async def refused(plugin: PluginHarness, method: str, **params: Any) -> RpcError:
    with pytest.raises(RpcError) as caught:
        await plugin.call(method, **params)
    return caught.value


async def asked(plugin: PluginHarness, method: str, /, **params: Any) -> Any:
    return await plugin.call("ask", method=method, params=params)


async def test_calls_bring_results_and_errors(plugin: PluginHarness):
    assert await plugin.call("greet", name="Ada") == "Hello, Ada"
    assert await plugin.call("greet", {"name": "Bob"}) == "Hello, Bob"
    failed = await refused(plugin, "fail")
    assert (failed.name, failed.data) == ("plugin_error", {"hour": 23})
    assert "it is too late" in failed.message
    assert (await refused(plugin, "greet", nam="Ada")).name == "invalid_params"
    assert (await refused(plugin, "greeet", name="Ada")).name == "method_not_found"


async def test_an_unexpected_exception_is_an_incident_and_its_traceback_is_in_the_log(plugin: PluginHarness):
    assert (await refused(plugin, "crash")).name == "internal_error"
    [line] = [line for line in plugin.host.logged if line.level == "error"]
    assert "nobody expected it" in line.exception


async def test_streams_come_item_by_item(plugin: PluginHarness):
    assert [item async for item in plugin.stream("count", upto=300)] == list(range(300))


async def test_a_call_that_takes_too_long_is_cancelled_in_the_plugin(plugin: PluginHarness):
    with pytest.raises(RpcError) as caught:
        await plugin.call("hang", timeout_s=0.3)
    assert caught.value.name == "deadline_exceeded"
    assert await plugin.call("was_cancelled") is True


async def test_a_call_can_be_cancelled_while_the_plugin_works_on_it(plugin: PluginHarness):
    await plugin.cancel("hang")
    assert await plugin.call("was_cancelled") is True
    with pytest.raises(RuntimeError, match="greet was answered before"):
        await plugin.cancel("greet", name="Ada")


@own_host
async def test_what_the_application_offers_is_answered_by_the_test(plugin: PluginHarness):
    assert await plugin.call("sessions") == ["ada-1", "ada-2"]
    assert await plugin.call("follow") == ["a", "b"]
    assert plugin.host.calls_of("sessions.list") == [{"user": "ada"}]


@own_host
async def test_an_answer_may_change_and_may_be_an_error(plugin: PluginHarness):
    def broken(user: str) -> None:
        raise PluginError(f"no sessions of {user}")

    plugin.host.answer("sessions.list", broken)
    assert await asked(plugin, "sessions.list", user="ada") == "plugin_error: no sessions of ada"
    plugin.host.answer("sessions.list", [])
    assert await asked(plugin, "sessions.list", user="ada") == []


@own_host
async def test_a_method_of_the_host_itself_may_be_answered_by_the_test(plugin: PluginHarness):
    plugin.host.answer("plugins.list", [{"id": "other", "version": "1", "type": "cli"}])
    assert [one["id"] for one in await asked(plugin, "plugins.list")] == ["other"]


@own_host
async def test_what_is_not_declared_is_denied(plugin: PluginHarness):
    assert (await asked(plugin, "sessions.close")).startswith("denied: plugin 'everything' did not declare")
    assert (await asked(plugin, "plugins.call", plugin="other", method="x")).startswith("denied")
    assert (await asked(plugin, "events.emit", topic="order.paid")).startswith("denied")
    assert (await asked(plugin, "events.emit", topic="plughost.started")).startswith("denied")
    assert [call.method for call in plugin.host.calls][-1] == "events.emit"
    assert plugin.host.emitted == []


async def test_what_is_not_there_is_not_found(plugin: PluginHarness):
    assert (await asked(plugin, "storage.gett", key="a")).startswith("method_not_found")
    assert (await asked(plugin, "storage.get", key=7)).startswith("invalid_params")
    assert (await asked(plugin, "storage.get")).startswith("invalid_params")
    assert (await asked(plugin, "storage.get", key="a", keys="b")).startswith("invalid_params")


@own_host
async def test_notifications_and_events_are_noted(plugin: PluginHarness):
    assert await plugin.call("notify_admins") in (0, 1)
    [note] = plugin.host.notifications
    assert (note.method, note.params["title"]) == ("notify.admins", "Report")
    await plugin.call("report", pages=7)
    [event] = plugin.host.emitted
    assert (event.topic, event.data) == ("report.ready", {"pages": 7})


async def test_events_reach_those_who_want_them(plugin: PluginHarness):
    await plugin.emit("user.login", {"name": "ada"})
    await plugin.emit("user.login", {"name": "bob"})
    await plugin.emit("user.logout", {"name": "bob"})
    await plugin.emit("order.paid", {"id": 7})
    seen = await plugin.call("events_seen")
    assert sorted(seen[:2]) == [["by name", "ada"], ["filtered", "ada"]]
    assert seen[2:] == [["by name", "bob"], ["durable", 7]]
    assert (await plugin.health())["data"] == {"seen": 4}


async def test_hooks_allow_replace_and_deny(plugin: PluginHarness):
    cleaned = await plugin.hook("message.before_send", {"text": " hello "})
    assert cleaned
    assert cleaned.value == {"text": "hello"}
    denied = await plugin.hook("message.before_send", {"text": "a secret"})
    assert (bool(denied), denied.reason) == (False, "it holds a secret")
    assert (await plugin.hook("message.never_asked", 1)).value == 1


async def test_a_hook_that_fails_counts_as_its_handler_says(plugin: PluginHarness):
    assert await plugin.hook("message.before_send", {"text": "broken"})
    assert not await plugin.hook("message.strict", {})


async def test_commands_are_run_by_their_names(plugin: PluginHarness):
    assert await plugin.command("sync", repo="docs") == "synced docs"
    with pytest.raises(RpcError, match="there is no such repository"):
        await plugin.command("sync", repo="none")
    with pytest.raises(RpcError) as caught:
        await plugin.command("synk")
    assert caught.value.name == "contribution_not_found"


async def test_endpoints_answer_requests(plugin: PluginHarness):
    asked: dict[str, Any] = {"permissions": ("sessions:read",), "principal": "ada"}
    found = await plugin.request("GET", "/stats/monday?page=2", **asked)
    assert (found.status, found.data) == (200, {"day": "monday", "page": "2", "who": "ada"})
    whole = await plugin.request("GET", "/api/plugins/everything/stats/monday", **asked)
    assert whole.data["page"] == "1"
    assert (await plugin.request("GET", "/stats/monday")).status == 403
    assert (await plugin.request("GET", "/nothing")).status == 404
    uploaded = await plugin.request(
        "POST", "/upload", body=b"\x00\xff", headers={"content-type": "application/octet-stream"}
    )
    assert uploaded.data == b"\xff\x00"


@own_host
async def test_schedules_run_when_the_clock_is_moved(plugin: PluginHarness):
    await plugin.clock.advance(minutes=59)
    assert await plugin.call("kept") == {}
    await plugin.clock.advance(hours=24)
    assert await plugin.call("kept") == {"hours": 24, "nights": 1}
    await plugin.clock.advance(days=2)
    assert await plugin.call("kept") == {"hours": 72, "nights": 3}


async def test_configuration_is_checked_offered_and_kept(plugin: PluginHarness):
    assert await plugin.call("configuration") == {"mode": "fast", "limit": 10}
    changed = await plugin.configure({"mode": "slow"})
    assert (changed["revision"], changed["applied"]) == (1, "live")
    assert await plugin.call("configuration") == {"mode": "slow", "limit": 10}
    for wrong, name in (
        ({"limit": 0}, "invalid_configuration"),
        ({"mode": "warp"}, "invalid_configuration"),
        ({"limit": "ten"}, "invalid_configuration"),
        ({"limit": 100}, "configuration_refused"),
    ):
        with pytest.raises(RpcError) as caught:
            await plugin.configure(wrong)
        assert caught.value.name == name
    assert (await plugin.configure({"mode": "slow"}))["applied"] == "unchanged"
    assert await plugin.call("configuration") == {"mode": "slow", "limit": 10}


async def test_a_crash_loses_the_run_and_keeps_what_is_stored(plugin: PluginHarness):
    await asked(plugin, "storage.set", key="hours", value=2)
    await plugin.crash()
    await plugin.restart()
    assert await plugin.call("loads") == 1
    assert await plugin.call("events_seen") == []
    assert await plugin.call("kept") == {"hours": 2}
    assert plugin.host.messages("info") == ["loaded", "loaded"]


@pytest.mark.parametrize("mode", ["memory", "process"])
async def test_the_configuration_may_be_given_from_the_start(mode: str):
    async with PluginHarness(read_folder(EVERYTHING), mode=mode, config={"limit": 3}) as plugin:
        assert await plugin.call("configuration") == {"mode": "fast", "limit": 3}
        [line] = plugin.host.logged
        assert line.data == {"limit": 3}


async def test_a_plugin_that_a_host_can_not_load_says_why(tmp_path: Path):
    (tmp_path / "plugin.toml").write_text('id = "bad"\nversion = "1"\n')
    (tmp_path / "main.py").write_text("import nothing_of_this_name\n")
    harness = PluginHarness(read_folder(tmp_path), mode="process")
    with pytest.raises(RpcError, match="nothing_of_this_name"):
        await harness.__aenter__()


async def test_in_memory_time_to_live_follows_the_clock():
    clock = DrivenClock()
    async with PluginHarness(read_folder(EVERYTHING), clock=clock) as plugin:
        await asked(plugin, "storage.set", key="a", value=1, ttl_s=60)
        await clock.advance(seconds=59)
        assert await asked(plugin, "storage.get", key="a") == 1
        await clock.advance(seconds=1)
        assert await asked(plugin, "storage.get", key="a") is None


async def test_what_the_manifest_declares_is_handled_by_the_methods_that_it_names(plugin: PluginHarness):
    await plugin.emit("parcel.made", {"n": 1})
    assert ["declared", {"n": 1}] in await plugin.call("events_seen")
    assert (await plugin.hook("parcel.before", 1)).allowed
    refused = await plugin.hook("parcel.before", 7)
    assert (refused.allowed, refused.reason) == (False, "nothing is left")


@own_host
async def test_nobody_answers_a_prompt_but_the_test(plugin: PluginHarness):
    assert await plugin.call("sure") is False
    plugin.host.answer("ui.prompt", {"outcome": "answered", "values": {}})
    assert await plugin.call("sure") is True
