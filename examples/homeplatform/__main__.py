"""`python -m examples.homeplatform`: device plugins and what they report; `--demo` plays a scene and ends."""

from pathlib import Path
from typing import Any

import anyio

from examples.homeplatform.home import PLUGINS, HomePlatform
from examples.homeplatform.rest import Rest
from examples.program import run
from host import PluginDied, PluginHost, Request

MISBEHAVING = Path(__file__).parent / "misbehaving"
EVERY_S = 10.0
WAIT_S = 30.0


async def serve(folder: Path) -> None:
    async with HomePlatform(folder, show=print) as home:
        rest = Rest(home.host)
        for view in home.host.plugins():
            print(f"{view.id}: {view.state} {view.reason}")
        print(
            f"The platform runs and asks each plugin how it is, every {EVERY_S:g} s. Ctrl-C ends it.",
            flush=True,
        )
        while True:
            for view in home.host.plugins():
                if view.state == "active":
                    await show(rest, "GET", f"/plugins/{view.id}/health")
            await anyio.sleep(EVERY_S)


async def show(rest: Rest, method: str, path: str, body: dict[str, Any] | None = None) -> None:
    answer = await rest.answer(Request(method, path, body=body))
    print(f"    {method} {path} {body or ''} -> {answer.status} {answer.data}", flush=True)


async def demo(folder: Path) -> None:
    async with HomePlatform(folder, [PLUGINS, MISBEHAVING], show=lambda line: print(f"    [{line}]")) as home:
        host, rest = home.host, Rest(home.host)
        print("Plugins and their limits:")
        for view in host.plugins():
            limits = f"{view.limits.cpu_cores:g} cores, {view.limits.memory_bytes // 1024**2} MiB"
            print(
                f"    {view.id}: {view.state}, {limits}, may use {', '.join(view.permissions) or 'nothing'}"
            )

        print("The four questions:")
        await show(rest, "GET", "/plugins/my-plugin/health")
        turn_on = {"command": "turn_on", "params": {"device": "light1"}}
        await show(rest, "POST", "/plugins/my-plugin/command", turn_on)
        await show(rest, "GET", "/plugins/my-plugin/status")
        await show(rest, "POST", "/plugins/my-plugin/config", {"setting1": "value1", "setting2": "value2"})

        print("Errors are answers, too:")
        await show(rest, "POST", "/plugins/my-plugin/command", {"command": "explode"})
        await show(rest, "POST", "/plugins/thermostat/config", {"target": 99})
        await show(rest, "GET", "/plugins/thermostat/health")
        await show(
            rest, "POST", "/plugins/thermostat/command", {"command": "measured", "params": {"celsius": 17}}
        )
        await show(rest, "GET", "/plugins/thermostat/health")
        await show(rest, "GET", "/api/plugins/thermostat/readings")

        print("A plugin that needs a device waits until somebody consents:")
        await show(rest, "GET", "/plugins/motion/health")
        await home.allow("motion")
        await show(
            rest, "POST", "/plugins/motion/command", {"command": "move", "params": {"room": "kitchen"}}
        )

        print("A plugin that computes more than half a core is slowed down, and still answers:")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(burn, host)
            for _ in range(60):  # the watchdog looks each second
                await anyio.sleep(0.5)
                if (throttled_to := host.plugin("burner").figures.throttled_to) is not None:
                    print(f"    it may run {throttled_to:.0%} of the time")
                    break
            await show(rest, "GET", "/plugins/burner/status")
            tasks.cancel_scope.cancel()

        print("A plugin that takes more than 512 MiB is ended:")
        with host.changes() as changes:
            try:
                await host.call("hoarder", "collect", timeout_s=WAIT_S)
            except PluginDied as error:
                print(f"    {error.message.splitlines()[0]}")
            async for change in changes:
                if change.new == "backoff":
                    print(f"    {change.reason}")
                    break


async def burn(host: PluginHost) -> None:
    await host.call("burner", "burn", timeout_s=2 * WAIT_S)


if __name__ == "__main__":
    run("examples.homeplatform", __doc__ or "", serve, demo)
