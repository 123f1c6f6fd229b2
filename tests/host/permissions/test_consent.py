"""Consent, grants and revocations, through real plugin processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host import ConsentRequired, Denied, InvalidParams, MethodNotFound, PluginHost, Verdict
from protocol.permissions import Permission

Write = Callable[..., Path]

CALLER = """
class Asker(Plugin):
    @method
    async def ask(self, method: str) -> Any:
        return await self.host.call(method)
"""


def build(plugins: Path, data: Path | None, **options: Any) -> PluginHost:
    host = PluginHost([plugins], data=data, **options)

    @host.api("sessions.list", permission="sessions:read")
    async def sessions() -> list[str]:
        return ["one"]

    @host.api("users.list", permission="users:read")
    async def users() -> list[str]:
        return ["ada"]

    return host


async def ask(host: PluginHost, method: str) -> Any:
    return await host.call("asker", "ask", {"method": method})


async def test_a_new_version_that_asks_for_more_waits_and_the_old_grant_stays(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    write_plugin("asker", CALLER, 'permissions = ["read:sessions"]\n')
    async with build(plugins, data) as host:
        await host.load("asker")
        assert await ask(host, "sessions.list") == ["one"]
    both = 'permissions = ["read:sessions", "read:users"]\n'
    write_plugin("asker", CALLER, both, version="2.0.0")
    async with build(plugins, data) as host:
        with pytest.raises(ConsentRequired) as caught:
            await host.load("asker")
        assert caught.value.data["waiting"] == ("users:read",)
        assert caught.value.data["granted"] == ("sessions:read",)
        assert "version 1.0.0 was granted sessions:read" in str(caught.value)
        view = host.plugin("asker")
        assert (view.state, view.waiting_permissions) == ("error", ("users:read",))
        assert view.pid is None
        # The old version runs as it did.
        write_plugin("asker", CALLER, 'permissions = ["read:sessions"]\n')
        await host.rescan()
        await host.load("asker")
        assert await ask(host, "sessions.list") == ["one"]
        await host.unload("asker")
        write_plugin("asker", CALLER, both, version="2.0.0")
        await host.rescan()
        await host.permissions.consent("asker")
        await host.load("asker")
        assert await ask(host, "users.list") == ["ada"]
    async with build(plugins, data) as host:
        await host.load("asker")  # it was said once


async def test_what_is_declined_is_refused_and_the_plugin_runs_without(
    plugins: Path, write_plugin: Write
) -> None:
    def policy(plugin: str, permission: Permission) -> Verdict:
        return Verdict.ASK if permission.resource == "users" else Verdict.ALLOW

    write_plugin("asker", CALLER, 'permissions = ["read:sessions", "read:users"]\n')
    async with build(plugins, None, policy=policy) as host:
        with pytest.raises(ConsentRequired, match="users:read"):
            await host.load("asker")
        await host.permissions.decline("asker")
        await host.load("asker")
        assert await ask(host, "sessions.list") == ["one"]
        with pytest.raises(Denied, match="refused"):
            await ask(host, "users.list")


async def test_an_operator_grants_and_revokes_while_the_plugin_runs_and_it_is_kept(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    write_plugin("asker", CALLER, 'permissions = ["read:sessions"]\n')
    async with build(plugins, data) as host:
        await host.load("asker")
        with pytest.raises(Denied, match="users:read"):
            await ask(host, "users.list")
        await host.permissions.grant("asker", "users:read")
        assert await ask(host, "users.list") == ["ada"]
        await host.permissions.revoke("asker", "read:sessions")
        with pytest.raises(Denied):
            await ask(host, "sessions.list")
        with pytest.raises(InvalidParams, match="permission: found 'nonsense'"):
            await host.permissions.grant("asker", "nonsense")
    async with build(plugins, data) as host:
        await host.load("asker")
        assert await ask(host, "users.list") == ["ada"]
        with pytest.raises(Denied):
            await ask(host, "sessions.list")
        view = host.permissions.of("asker")
        assert (view.asked, view.granted, view.refused) == (
            ("sessions:read",),
            ("users:read",),
            ("sessions:read",),
        )


async def test_what_the_operator_revoked_is_said_to_be_revoked_also_by_the_next_host(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    write_plugin("asker", CALLER)

    async def refused(host: PluginHost) -> None:
        assert host.permissions.of("asker").refused == ("users:read",)
        (row,) = (await host.facade.permissions("asker")).rows
        assert (row.permission, row.state, row.reason) == ("users:read", "refused", "the operator refused it")
        with pytest.raises(Denied, match="'asker' has no users:read: the operator refused it") as caught:
            await ask(host, "users.list")
        assert caught.value.remedy == "grant it: plughost perms grant asker users:read"

    async with build(plugins, data) as host:
        await host.load("asker")
        await host.permissions.grant("asker", "users:read")
        await host.permissions.revoke("asker", "users:read")
        await refused(host)
    async with build(plugins, data) as host:
        await host.load("asker")
        await refused(host)
        await host.permissions.grant("asker", "users:read")
        assert await ask(host, "users.list") == ["ada"]


async def test_a_manifest_that_is_edited_at_the_same_version_is_decided_anew(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("asker", CALLER)
    async with build(plugins, tmp_path / "data") as host:
        await host.load("asker")
        await host.unload("asker")
        write_plugin("asker", CALLER, 'permissions = ["read:users"]\n')
        await host.rescan()
        await host.load("asker")
        assert await ask(host, "users.list") == ["ada"]


async def test_a_host_may_do_without_consent(plugins: Path, write_plugin: Write, tmp_path: Path) -> None:
    write_plugin("asker", CALLER)
    async with build(plugins, tmp_path / "data", consent="never") as host:
        await host.load("asker")
        await host.unload("asker")
        write_plugin("asker", CALLER, 'permissions = ["read:users"]\n', version="2.0.0")
        await host.rescan()
        await host.load("asker")
        assert await ask(host, "users.list") == ["ada"]


async def test_uses_and_denials_are_counted_by_permission(plugins: Path, write_plugin: Write) -> None:
    write_plugin("asker", CALLER, 'permissions = ["read:sessions", "notifications"]\n')
    async with build(plugins, None) as host:
        await host.load("asker")
        for _ in range(3):
            await ask(host, "sessions.list")
        for _ in range(2):
            with pytest.raises(Denied):
                await ask(host, "users.list")
        uses = {one.permission: one for one in host.permissions.usage("asker")}
        assert (uses["sessions:read"].state, uses["sessions:read"].used) == ("granted", 3)
        assert uses["sessions:read"].last_s is not None
        assert (uses["notifications:send"].used, uses["notifications:send"].last_s) == (0, None)
        assert (uses["users:read"].state, uses["users:read"].denied) == ("undeclared", 2)


async def test_what_is_free_needs_a_permission_where_the_embedding_program_says_so(
    plugins: Path, write_plugin: Write
) -> None:
    keeper = """
    class Keeper(Plugin):
        @method
        async def keep(self) -> Any:
            await self.storage.set("key", 1)
            return await self.storage.get("key")
    """
    write_plugin("with", keeper, 'permissions = ["storage"]\n')
    write_plugin("without", keeper)
    host = PluginHost([plugins], autoload=True)
    host.permissions.demand("storage", "storage:use")
    with pytest.raises(MethodNotFound):
        host.permissions.demand("storag", "storage:use")
    with pytest.raises(InvalidParams):
        host.permissions.demand("storage", "nonsense")
    async with host:
        assert await host.call("with", "keep") == 1
        with pytest.raises(Denied, match="did not declare storage:write"):
            await host.call("without", "keep")


async def test_parts_of_the_storage_may_be_declared_alone(plugins: Path, write_plugin: Write) -> None:
    keeper = """
    class Keeper(Plugin):
        @method
        async def change(self) -> Any:
            return await self.storage.incr("n")

        @method
        async def read(self) -> Any:
            return [await self.storage.get("n"), await self.storage.keys()]

        @method
        async def remove(self) -> Any:
            return await self.storage.delete("n")
    """
    write_plugin("both", keeper, 'permissions = [{resource = "storage", actions = ["read", "write"]}]\n')
    write_plugin("reader", keeper, 'permissions = ["storage:read"]\n')
    write_plugin("all", keeper, 'permissions = ["storage:use"]\n')
    host = PluginHost([plugins], autoload=True)
    host.permissions.demand("storage", "storage:use")
    async with host:
        assert await host.call("both", "change") == 1
        assert await host.call("both", "read") == [1, ["n"]]
        with pytest.raises(Denied, match="storage:delete"):
            await host.call("both", "remove")
        assert await host.call("reader", "read") == [None, []]
        with pytest.raises(Denied, match="storage:write"):
            await host.call("reader", "change")
        assert await host.call("all", "change") == 1
        assert await host.call("all", "remove") is True


async def test_a_permission_near_one_of_the_application_is_told_when_it_is_discovered(
    plugins: Path, write_plugin: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("reader", "class Reader(Plugin): ...\n", 'permissions = ["sesions:reed", "orders:read"]\n')
    host = PluginHost([plugins])

    @host.api("sessions.list", permission="sessions:read")
    def sessions() -> list[str]:
        return []

    async with host:
        assert sessions() == []
    told = [one.getMessage() for one in caplog.records if "did you mean sessions?" in one.getMessage()]
    assert len(told) == 1
    assert told[0].startswith("reader: plugin.toml: permissions: sesions:reed ")
    assert "orders" not in caplog.text
