"""Serving: the request of a plugin that the host works for at this moment, as calls that serve it need it.

The gateway sets it for each request; whoever calls a plugin asks it, with one look. A task that is started
meanwhile inherits it. Owns no rules: budgets are `calls`', trails `trail`'s.
"""

from contextvars import ContextVar

import msgspec

from host.ids import PluginId, SessionId


class Served(msgspec.Struct, frozen=True, gc=False):
    """A request of a plugin that says for how long, or for which other request, it is made."""

    plugin: PluginId
    session: SessionId
    parent: int | str | None
    """Id of the request that the plugin serves with it."""
    traceparent: str | None
    budget_until: float | None
    """When its budget ends, on `time.monotonic`'s scale; nested calls inherit it."""


served: ContextVar[Served | None] = ContextVar("plughost_served", default=None)
"""None: what happens now serves no plugin, or one that says nothing of itself."""
