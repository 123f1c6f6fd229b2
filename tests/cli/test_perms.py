import json

import anyio
import anyio.to_thread

from host import PluginHost
from tests.cli.conftest import Finished, Shell

CODE = "from plugin_sdk import Plugin\n\n\nclass One(Plugin):\n    pass\n"


def write(shell: Shell, version: str, permissions: str) -> None:
    folder = shell.folder / "plugins" / "one"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.py").write_text(CODE)
    (folder / "plugin.toml").write_text(
        f'id = "one"\nversion = "{version}"\nentry_point = "main.py"\npermissions = {permissions}\n'
    )


def perms(shell: Shell, *arguments: str) -> Finished:
    return shell.run("perms", *arguments, "--dir", "plugins", "--data", "data")


def states(shell: Shell) -> dict[str, list[str]]:
    (view,) = json.loads(perms(shell, "list", "--json").out)
    return {state: view[state] for state in ("granted", "refused", "waiting")}


def load(shell: Shell) -> None:
    async def run() -> None:
        async with PluginHost([shell.folder / "plugins"], data=shell.folder / "data") as host:
            await host.load("one")

    anyio.run(run)


def test_what_a_new_version_asks_for_is_listed_and_can_be_granted(shell: Shell):
    write(shell, "1.0.0", '["read:users"]')
    load(shell)
    write(shell, "2.0.0", '["read:users", "notifications", "email:send"]')
    shown = perms(shell, "list", "one")
    assert (shown.code, shown.err) == (0, "")
    assert [line.split() for line in shown.out.splitlines()] == [
        ["PLUGIN", "PERMISSION", "STATE"],
        ["one", "users:read", "granted"],
        ["one", "notifications:send", "waiting"],
        ["one", "email:send", "waiting"],
    ]
    assert perms(shell, "revoke", "one", "email:send").out == "one: refused: email:send\n"
    assert perms(shell, "consent", "one").out == "one: granted: notifications:send\n"
    assert states(shell) == {
        "granted": ["users:read", "notifications:send"],
        "refused": ["email:send"],
        "waiting": [],
    }
    load(shell)


def test_what_is_declined_stays_so(shell: Shell):
    write(shell, "1.0.0", "[]")
    load(shell)
    write(shell, "2.0.0", '["email:send"]')
    assert perms(shell, "decline", "one").out == "one: refused: email:send\n"
    assert perms(shell, "decline", "one").out == "one: nothing changed\n"
    load(shell)
    assert perms(shell, "grant", "one", "users:read").out == "one: granted: users:read\n"
    assert states(shell) == {"granted": ["users:read"], "refused": ["email:send"], "waiting": []}


def test_what_was_revoked_and_never_declared_is_listed_as_refused(shell: Shell):
    write(shell, "1.0.0", "[]")
    assert perms(shell, "revoke", "one", "users:read").out == "one: refused: users:read\n"
    assert states(shell) == {"granted": [], "refused": ["users:read"], "waiting": []}


def test_bad_input_is_refused_with_what_to_do(shell: Shell):
    write(shell, "1.0.0", "[]")
    unknown = perms(shell, "consent", "two")
    assert unknown.code == 4
    assert "there is no plugin 'two'" in unknown.err
    odd = perms(shell, "grant", "one", "nonsense")
    assert odd.code == 2
    assert "permission: found 'nonsense'" in odd.err


async def test_while_a_host_runs_it_says_so(shell: Shell):
    write(shell, "1.0.0", "[]")
    async with PluginHost([shell.folder / "plugins"], data=shell.folder / "data"):
        refused = await anyio.to_thread.run_sync(perms, shell, "list")
    assert refused.code == 6
    assert "stop that host" in refused.err


def test_a_data_folder_that_was_mistyped_is_told(shell: Shell):
    write(shell, "1.0.0", '["read:users"]')
    load(shell)
    assert perms(shell, "list").err == ""
    elsewhere = shell.run("perms", "revoke", "one", "users:read", "--dir", "plugins", "--data", "dta")
    assert f"{shell.folder}/dta is not there yet: no host has run on it" in elsewhere.err
    assert states(shell)["granted"] == ["users:read"]
    read = shell.run("config", "get", "one", "--dir", "plugins", "--data", "dtb")
    assert f"{shell.folder}/dtb is not there yet" in read.err
