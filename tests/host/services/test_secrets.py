"""A canary among the secrets of a plugin: fed through everything, it must be seen nowhere."""

import io
import json
import logging
import re
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest

from host import LoadFailed, LoadRefused, PlughostError, PluginHost, PluginView
from host.logs import configure
from host.masking import MASK
from host.settings import LogSettings

Write = Callable[..., Path]

SCHEMA = """
[config_schema]
type = "object"
[config_schema.properties.token]
type = "string"
maxLength = 60
writeOnly = true
[config_schema.properties.list]
type = "array"
items = { "$ref" = "#/$defs/entry" }
[config_schema."$defs".entry]
anyOf = [{ type = "integer" }, { type = "object", properties = { inner = { x-secret = true } } }]
"""

LEAKS = """
import os, sys

class Leaks(Plugin):
    async def on_configure(self, config: dict[str, Any]) -> None:
        if config["token"].endswith("-refused"):
            raise PluginError("I do not take " + config["token"])

    @method
    async def leak(self, how: str, ctx: Context) -> None:
        token = self.config["token"]
        match how:
            case "log":
                self.log.info("token " + token, token=token, deep={"a": [token]})
            case "exception":
                try:
                    raise ValueError(token)
                except ValueError:
                    self.log.exception("it failed")
            case "stderr":
                print("on stderr", token, file=sys.stderr, flush=True)
            case "long line":
                sys.stderr.write("x" * (8 * 1024 - 20) + token + "y" * 9_000 + chr(10))
                sys.stderr.flush()
            case "print":
                print("on stdout", token, flush=True)
            case "error":
                raise PluginError("refused " + token, {"token": [token]})
            case "incident":
                raise RuntimeError(token)
            case "progress":
                ctx.progress(token)
            case "parameter":
                await self.host.call("no." + token)
            case "crash":
                sys.stderr.write("dying with " + token)
                sys.stderr.flush()
                os._exit(7)
"""

RAW = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    def send(text):
        sys.stdout.write(text + chr(10)); sys.stdout.flush()
    token = ""
    method = request.get("method")
    if method == "plugin.load":
        token = request["params"]["config"]["token"]
        send("stray " + token)
        send("x" * 190 + token)
        send('{"jsonrpc": "2.0", "broken ' + token)
        send('{"jsonrpc": "2.0", "id": "' + token + '", "result": 1}')
        answer = {"error": {"code": -32000, "message": "no: " + token, "data": {"token": token}}}
    else:
        answer = {"result": {"protocol_version": 1}}
    if "id" in request:
        send(json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer}))
"""

SPY = """
import re

class Spy(Plugin):
    @method
    def look(self, codes: list[int]) -> list[str]:
        needle = re.compile(b"".join(b"[\\\\x%02x]" % code for code in codes))
        found = []
        for name in ("environ", "cmdline"):
            if needle.search(open(f"/proc/self/{name}", "rb").read()):
                found.append(name)
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
            for line in maps:
                place, rights = line.split()[:2]
                if "r" not in rights or "[v" in line:
                    continue
                start, end = (int(part, 16) for part in place.split("-"))
                try:
                    memory.seek(start)
                    if needle.search(memory.read(end - start)):
                        found.append(line.strip())
                except OSError:
                    continue
        return found
"""


@pytest.fixture
def canary() -> str:
    return f'canary-"{secrets.token_hex(8)}"-ü/%'


@pytest.fixture
async def host(plugins: Path, write_plugin: Write, tmp_path: Path) -> AsyncIterator[PluginHost]:
    write_plugin("leaks", LEAKS, SCHEMA)
    async with PluginHost([plugins], data=tmp_path / "data") as host:
        yield host


async def test_a_secret_is_fed_through_everything_and_seen_nowhere(
    host: PluginHost,
    plugins: Path,
    canary: str,
    caplog: pytest.LogCaptureFixture,
    until: Callable[..., Any],
) -> None:
    raw = plugins / "raw"
    raw.mkdir()
    (raw / "main.py").write_text(RAW)
    (raw / "plugin.toml").write_text(
        'id = "raw"\nversion = "1.0.0"\ncommand = ["python3", "main.py"]\n' + SCHEMA
    )
    await host.rescan()
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    streams = [io.StringIO(), io.StringIO()]
    configure(LogSettings("debug", "json"), streams[0])
    configuration = host.configuration

    def told(error: PlughostError) -> None:
        shown.extend((str(error), repr(error), repr(error.data), json.dumps(error.as_json(), default=str)))
        detail = getattr(error, "detail", None)
        shown.append(repr(detail))

    values = {"token": canary, "list": [7, {"inner": [canary + "-in"]}]}
    shown.append(repr(await configuration.set("leaks", values, by="ada")))
    shown.append(repr(await configuration.set("raw", {"token": canary})))
    await host.load("leaks")
    instead = ({"list": canary}, {"list": [canary]}, {"list": {"inner": canary}})
    for change in ({"token": canary * 3}, {"token": canary + "-refused"}, {"token": [canary]}, *instead):
        with pytest.raises(PlughostError) as refused:
            await configuration.set("leaks", change)
        told(refused.value)
        shown.append(repr(configuration.validate("leaks", change)))
    await configuration.set("leaks", {"token": canary + "2"})
    await configuration.undo("leaks")
    for view in (configuration.get, configuration.explain, configuration.schema):
        shown.append(repr(view("leaks")))
    shown.append(repr(await configuration.history("leaks")))
    shown.append(repr(configuration))

    for how in ("log", "exception", "stderr", "long line", "print", "progress"):
        await host.call("leaks", "leak", {"how": how})
    for how in ("error", "incident", "parameter", "crash"):
        with pytest.raises(PlughostError) as failed:
            await host.call("leaks", "leak", {"how": how})
        told(failed.value)
    await until(host, "leaks", "backoff", "active")
    with pytest.raises(PlughostError) as failed:
        await host.load("raw")
    told(failed.value)
    shown.extend(repr(asdict(view)) for view in host.plugins())
    await host.aclose()

    for record in caplog.records:
        shown.extend((record.getMessage(), repr(getattr(record, "fields", ""))))
    shown.extend((caplog.text, streams[0].getvalue()))
    everything = "\n".join(shown)
    for word in ("on stderr", "on stdout", "it failed", "refused", "stray", "dying with", "broken"):
        assert re.search(f"{word}[^\n]*{MASK}|{word}\n", everything), word
    forms = {canary, canary.replace('"', '\\"'), json.dumps(canary)[1:-1], canary[8:24]}
    for form in forms:
        at = everything.find(form)
        assert at < 0, everything[max(0, at - 200) : at + 100]
    assert canary[:12] not in everything


async def test_no_other_process_ever_holds_a_secret(
    plugins: Path, write_plugin: Write, tmp_path: Path, canary: str
) -> None:
    canary = canary.encode("ascii", "ignore").decode()
    codes = {"codes": [*canary.encode()]}
    write_plugin("owner", SPY, SCHEMA)
    write_plugin("before", SPY)
    write_plugin("after", SPY)
    config = {"owner": {"token": canary}}
    async with PluginHost([plugins], data=tmp_path / "data", config=config) as host:
        await host.load("before")
        await host.load("owner")
        await host.configuration.set("owner", {"token": "x" + canary})
        await host.load("after")
        assert await host.call("owner", "look", codes, timeout_s=30.0), "the way of looking finds it"
        for plugin in ("before", "after"):
            assert await host.call(plugin, "look", codes, timeout_s=30.0) == []

        pids = [view.pid for view in host.plugins() if view.pid is not None]
        wardens = {parent.pid for pid in pids for parent in psutil.Process(pid).parents()[:1]}
        for pid in {*pids, *wardens} - {psutil.Process().pid}:
            for name in ("environ", "cmdline"):
                assert canary.encode() not in Path(f"/proc/{pid}/{name}").read_bytes()


async def test_a_secret_in_a_variable_of_the_host_is_not_passed_on(
    plugins: Path, write_plugin: Write, canary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = canary.encode("ascii", "ignore").decode()
    monkeypatch.setenv("PLUGHOST_CONFIG_OWNER__TOKEN", canary)
    write_plugin("owner", SPY, SCHEMA)
    write_plugin("other", SPY)
    async with PluginHost([plugins], autoload=True) as host:
        codes = {"codes": [*canary.encode()]}
        assert await host.call("other", "look", codes, timeout_s=30.0) == []
        owned = await host.call("owner", "look", codes, timeout_s=30.0)
        assert owned
        assert "environ" not in owned


async def test_what_does_not_fit_shows_no_secret_at_load(
    host: PluginHost, plugins: Path, canary: str
) -> None:
    async with PluginHost([plugins], config={"leaks": {"token": canary * 4}}) as other:
        with pytest.raises(LoadRefused) as refused:
            await other.load("leaks")
        view: PluginView = other.plugin("leaks")
        assert canary[:14] not in str(refused.value) + view.reason
        assert "maxLength 60" in view.reason


@pytest.mark.parametrize("before", [0, 990])
async def test_why_a_start_failed_shows_no_secret(
    plugins: Path, write_plugin: Write, canary: str, before: int
) -> None:
    write_plugin(
        "owner",
        "class Owner(Plugin):\n    async def on_load(self) -> None:\n"
        f"        raise ValueError('k' * {before} + self.config['token'] + ' is refused')\n",
        SCHEMA,
    )
    async with PluginHost([plugins], config={"owner": {"token": canary}}) as host:
        with pytest.raises(LoadFailed) as failed:
            await host.load("owner")
        told = str(failed.value) + host.plugin("owner").reason
        assert f"ValueError: {'k' * before}{MASK}" in told
        assert canary[:8] not in told
        assert "; incident " in told
