"""What a running plugin offers, read off its host: methods with their schemas, commands, endpoints, hooks."""

from typing import Any

from host.devtools.chaos.surface import Offer, Place, Surface, Wanted, topic_of
from host.operations.method_pages import described_methods
from host.plugin_host import PluginHost
from host.supervision.session import Session
from protocol.openrpc import params_schema


def session_of(host: PluginHost, plugin: str) -> Session:
    """Return the run that takes calls. Raises NotActive and its kin where there is none."""
    return host._parts.running().roster.live(plugin)  # pyright: ignore[reportPrivateUsage]


async def read_surface(host: PluginHost, plugin: str) -> Surface:
    """Return what an active plugin offers."""
    session = session_of(host, plugin)
    manifest, provides = session.manifest, session.provides
    page = await host.facade.config(plugin)
    subscriptions = (*provides.subscriptions, *manifest.subscriptions)
    return Surface(
        methods=await read_methods(host, plugin),
        commands=tuple(Offer(one.name, one.params) for one in host.commands.list(plugin)),
        endpoints=tuple(Place(one.method, one.path, one.permissions) for one in host.endpoints.list(plugin)),
        hooks=tuple(dict.fromkeys(one.hook for one in (*provides.hooks, *manifest.hooks))),
        events=tuple(
            Wanted(topic_of(pattern), one.where, one.name if one.durable else "")
            for one in subscriptions
            for pattern in one.topics
        )
        + tuple(Wanted(name.replace("_", ".")) for name in provides.handlers_by_name),
        schedules=tuple(one.name for one in host.schedule.list(plugin)),
        permissions=host.plugin(plugin).permissions,
        config=page.schema,
    )


async def read_methods(host: PluginHost, plugin: str) -> tuple[Offer, ...]:
    """Return a plugin's methods; of a program that describes nothing, their names alone."""
    session = session_of(host, plugin)
    known = {name: (stream, dict[str, Any]()) for name, stream in (session.provided or {}).items()}
    for entry in await described_methods(session):
        name = entry.get("name")
        if isinstance(name, str) and name in known:
            known[name] = (known[name][0], params_schema(entry))
    return tuple(Offer(name, schema, stream) for name, (stream, schema) in known.items())
