"""The demo: a short scene with every plugin, whose outside world is on this machine."""

import queue
from pathlib import Path

import anyio
import anyio.to_thread

from examples.streamspace.outside import Asked, Outside
from examples.streamspace.service import StreamSpace
from examples.streamspace.users import User
from host import Request

ASKED = 8
"""Requests to the outside that a support session leads to: Slack four times, Jira and GitHub, and an API."""

WAIT_S = 30.0
"""Longest wait for any one thing."""


async def play(data: Path) -> None:
    """Play it."""
    with Outside() as outside:
        async with StreamSpace(data, config=outside.config()) as service:
            await _scene(service, outside)
    print("the service has stopped; no plugin's process is left")


async def _scene(service: StreamSpace, outside: Outside) -> None:
    host = service.host
    print("these plugins run:")
    for plugin in host.plugins():
        print(f"    {plugin.id:<18}{plugin.state}, " + (f"pid {plugin.pid}" if plugin.pid else "no process"))

    await service.users.add(
        User("u-0", "grace", "Grace Hopper", "grace@example.com", "enterprise", admin=True)
    )
    await service.users.create("ada", "Ada Lovelace", "ada@example.com", "pro")
    await service.templates.create("support-workspace", "Support Workspace")
    token = await service.users.login("ada")
    print("ada joined, logged in, and starts a session by the endpoint of a plugin:")
    created = await service.handle(
        Request("POST", "/api/plugins/my-plugin/create-session", body={"template": "support-workspace"}),
        token,
    )
    session = created.data["session"]
    print(f"    {created.status} {session}")

    print("what plugins told the outside of it:")
    for asked in [await _next(outside) for _ in range(ASKED)]:
        print(f"    {asked.method} {asked.path} {asked.body}")

    print("commands:")
    print(f"    github-sync -> {await host.command('github-sync')}")
    await _next(outside)  # the list of repositories
    print(f"    notify-slack -> {await host.command('notify-slack', {'message': 'Hello from the demo'})}")
    print(f"    Slack got {(await _next(outside)).body['text']!r}")

    print("the session is hibernated, woken and stopped; what the analytics say:")
    for state in ("hibernated", "running", "stopped"):
        await service.sessions.update(session["id"], state)
    await host.schedule.run("session-analytics", "report")
    print(f"    {dict(await host.ui.widget_data('session-analytics', 'analytics-dashboard'))}")

    for user, told in (("ada", 4), ("grace", 2)):
        print(f"{user} was notified:")
        with anyio.fail_after(WAIT_S):
            messages = await service.inbox.of(user, at_least=told)
        for message in messages:
            print(f"    {message.title}: {message.text} ({message.plugin})")
    themes = host.ui.contributions("theme")
    print(f"themes to choose from: {', '.join(theme.plugin for theme in themes)}")


async def _next(outside: Outside) -> Asked:
    def take() -> Asked:
        try:
            return outside.asked.get(timeout=WAIT_S)
        except queue.Empty:
            raise TimeoutError("a plugin did not ask the outside for what it should") from None

    return await anyio.to_thread.run_sync(take)
