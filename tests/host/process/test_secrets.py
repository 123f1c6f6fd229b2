"""What one plugin or the host keeps secret is nowhere in another plugin's process, forked or executed.

Each secret has a form that can be looked for without holding it: a prefix, and digits behind it.
"""

import re
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from host import PluginHost
from tests.host.process.modes import EXECUTED, MODES, Mode, end_of, gone, one_plugin, only_linux

Write = Callable[..., Path]

pytestmark = only_linux

HOLDER = """
import os, subprocess, sys

# In a session of its own it carries the whole environment on; it says when it runs, and has it for sure.
STRAY = ["sh", "-c", "echo; sleep 120; true"]

class Holder(Plugin):
    @method
    async def leave_a_stray(self) -> int:
        child = subprocess.Popen(STRAY, start_new_session=True, stdout=subprocess.PIPE)
        child.stdout.read(1)
        return child.pid

    @method
    async def fork_a_stray(self) -> int:
        told, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os.dup2(tell, 1)
            os.execvp(STRAY[0], STRAY)
        os.read(told, 1)
        return pid

    @method
    async def end(self) -> None:
        raise SystemExit(3)
"""

SEEKER = """
import re

class Seeker(Plugin):
    @method
    async def seek(self, prefix: str) -> Any:
        pattern = re.compile(prefix.encode() + rb"[0-9a-f]{16}")
        found = set()
        for line in open("/proc/self/maps"):
            area, access, _, _, _, *name = line.split()
            if access[0] != "r" or name in (["[vvar]"], ["[vvar_vclock]"], ["[vsyscall]"]):
                continue
            start, end = (int(one, 16) for one in area.split("-"))
            with open("/proc/self/mem", "rb", buffering=0) as memory:
                memory.seek(start)
                left = end - start
                while left > 0 and (part := memory.read(min(left, 1 << 20))):
                    found.update(pattern.findall(part))
                    left -= len(part)
        for place in ("environ", "cmdline"):
            found.update(pattern.findall(open(f"/proc/self/{place}", "rb").read()))
        return sorted(one.decode() for one in found)
"""


def secret(prefix: str) -> str:
    return prefix + secrets.token_hex(8)


TELLS_ITS_ENVIRONMENT = """
import os

class Tells(Plugin):
    @method
    async def environment(self) -> Any:
        return dict(os.environ)
"""


@pytest.mark.parametrize("mode", MODES)
async def test_a_plugins_environment_holds_no_secret_of_the_host(
    write_plugin: Write, monkeypatch: pytest.MonkeyPatch, mode: Mode
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "host-only-secret")
    async with one_plugin(write_plugin, mode, TELLS_ITS_ENVIRONMENT, '[env]\nOWN = "mine"\n') as host:
        environment = await host.call("one", "environment")
        assert environment["OWN"] == "mine"
        assert environment["PLUGHOST_PLUGIN_ID"] == "one"
        assert "host-only-secret" not in environment.values()
        shown = Path(f"/proc/{host.plugin('one').pid}/environ").read_bytes()
        assert b"PLUGHOST_PLUGIN_ID=one" in shown
        assert b"host-only-secret" not in shown


@pytest.mark.parametrize("manifest", ["", EXECUTED], ids=["fork", "exec"])
async def test_a_secret_of_the_host_or_of_another_plugin_is_nowhere_in_a_plugins_memory(
    plugins: Path, write_plugin: Write, monkeypatch: pytest.MonkeyPatch, manifest: str
) -> None:
    # In another case each, so that whoever looks for one does not hold its prefix in this form.
    monkeypatch.setenv("DATABASE_PASSWORD", secret("ofhost"))
    environment = f'[env]\nTOKEN = "{secret("inenvironment")}"\n'
    write_plugin("one", HOLDER, manifest + environment)
    write_plugin("seeker", SEEKER, manifest + f'[env]\nOWN = "{secret("myown")}"\n')
    config = {"one": {"password": secret("inconfiguration")}}
    async with PluginHost([plugins], config=config, autoload=True) as host:
        for way in ("leave_a_stray", "fork_a_stray"):
            stray = await host.call("one", way)
            # The warden looks through what this plugin left, and what it sees there must not stay.
            await end_of(host, "end")
            await gone(stray)
            await host.load("one")
        await host.restart("seeker")
        assert len(await host.call("seeker", "seek", {"prefix": "myown"}, timeout_s=60)) == 1
        for prefix in ("ofhost", "inenvironment", "inconfiguration"):
            assert await host.call("seeker", "seek", {"prefix": prefix}, timeout_s=60) == [], prefix


async def test_a_secret_of_a_plugin_is_nowhere_in_the_warden_either(
    plugins: Path, write_plugin: Write
) -> None:
    token = secret("inenvironment")
    write_plugin("one", HOLDER, f'[env]\nTOKEN = "{token}"\n')
    async with PluginHost([plugins], config={"one": {"password": secret("inconfiguration")}}) as host:
        await host.load("one")
        pid = host.plugin("one").pid
        stray = await host.call("one", "leave_a_stray")
        assert token.encode() in Path(f"/proc/{stray}/environ").read_bytes()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        warden = int(fields[1])
        await end_of(host, "end")
        memory = everything_in(warden)
        assert b"plugin_sdk.runtime" in memory
        assert re.findall(rb"(?:inenvironment|inconfiguration)[0-9a-f]{16}", memory) == []


def everything_in(pid: int) -> bytes:
    parts: list[bytes] = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            area, access, *rest = line.split()
            start, end = (int(one, 16) for one in area.split("-"))
            if "w" in access and not rest[-1].startswith("[v"):
                memory.seek(start)
                parts.append(memory.read(end - start))
    return b"".join(parts)
