"""A host whose process may open too few descriptors says so before it loads anything."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Write = Callable[..., Path]

PROGRAM = """
import asyncio
import json
import os
import resource
import sys
from host import PluginHost, TooFewDescriptors

async def main():
    out = {}
    async with PluginHost(plugins=[sys.argv[1]]) as host:
        opened = len(os.listdir("/dev/fd"))
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (opened + 64 + 2 * 4 + 2, hard))
        try:
            await host.load_all()
        except TooFewDescriptors as error:
            out["error"] = error.as_json()
        out["after_all"] = [view.state for view in host.plugins()]
        await host.load("p0")
        await host.load("p1")
        try:
            await host.load("p2")
        except TooFewDescriptors as error:
            out["one"] = error.message
        out["after_each"] = [view.state for view in host.plugins()]
    print(json.dumps(out))

asyncio.run(main())
"""


def test_too_few_descriptors_are_told_with_the_figures_and_nothing_is_loaded(
    plugins: Path, write_plugin: Write
) -> None:
    for n in range(4):
        write_plugin(f"p{n}", "class One(Plugin): ...")
    command = [sys.executable, "-c", PROGRAM, str(plugins)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    error = told["error"]
    assert (error["code"], error["plugins"], error["needed"]) == ("too_few_descriptors", 4, 4 * 4 + 64)
    assert error["free"] < error["needed"]
    assert f"ulimit -n {error['limit'] + error['needed'] - error['free']}" in error["remedy"]
    assert told["after_all"] == ["discovered"] * 4
    assert told["one"].startswith("one more plugin needs 68 descriptors")
    assert told["after_each"] == ["active", "active", "discovered", "discovered"]
