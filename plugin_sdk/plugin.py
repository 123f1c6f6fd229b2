"""Plugin: the class that an author derives from, and the decorator that publishes a method.

The runtime builds the instance and gives it `log`, `config` and `host` before `__init__` runs, so that an
author's own `__init__` needs no `super()` call.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, overload

import msgspec

from plugin_sdk.decorators.arguments import checked
from plugin_sdk.marks import BASES, METHOD, own_bases
from protocol.signatures import SignatureFault

if TYPE_CHECKING:
    from plugin_sdk.api.analytics import Analytics
    from plugin_sdk.api.commands import Commands
    from plugin_sdk.api.config import Config
    from plugin_sdk.api.email import Email
    from plugin_sdk.api.endpoints import Endpoints
    from plugin_sdk.api.events import Events
    from plugin_sdk.api.host import Host
    from plugin_sdk.api.log import Log
    from plugin_sdk.api.logger import Logger
    from plugin_sdk.api.notify import Notify
    from plugin_sdk.api.paths import Paths
    from plugin_sdk.api.plugins import Plugins
    from plugin_sdk.api.schedule import Schedule
    from plugin_sdk.api.storage import Storage
    from plugin_sdk.api.ui import Ui
    from plugin_sdk.api.web import Web
    from plugin_sdk.runtime.session import Session

APIS: dict[str, tuple[str, str]] = {
    "analytics": ("plugin_sdk.api.analytics", "Analytics"),
    "api": ("plugin_sdk.api.web", "Web"),
    "commands": ("plugin_sdk.api.commands", "Commands"),
    "config": ("plugin_sdk.api.config", "Config"),
    "email": ("plugin_sdk.api.email", "Email"),
    "endpoints": ("plugin_sdk.api.endpoints", "Endpoints"),
    "events": ("plugin_sdk.api.events", "Events"),
    "logger": ("plugin_sdk.api.logger", "Logger"),
    "name": ("plugin_sdk.api.identity", "name_of"),
    "notify": ("plugin_sdk.api.notify", "Notify"),
    "paths": ("plugin_sdk.api.paths", "Paths"),
    "plugins": ("plugin_sdk.api.plugins", "Plugins"),
    "schedule": ("plugin_sdk.api.schedule", "Schedule"),
    "storage": ("plugin_sdk.api.storage", "Storage"),
    "ui": ("plugin_sdk.api.ui", "Ui"),
    "version": ("plugin_sdk.api.identity", "version_of"),
}
"""What `self.<name>` offers, by module and class; each is made when it is first used."""

_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T")


class MethodOptions(msgspec.Struct, frozen=True):
    """How a published method is run."""

    name: str
    inline: bool
    serial: bool


@overload
def method(function: _F, /) -> _F: ...
@overload
def method(*, name: str | None = None, inline: bool = False, serial: bool = False) -> Callable[[_F], _F]: ...
@checked('method(name="greet")', bare=True)
def method(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    inline: bool = False,
    serial: bool = False,
) -> Any:
    """Publish a method under its own name, or under `name`.

    `async def` runs on the event loop, `def` in a worker thread. `inline=True` runs a `def` on the loop: a
    promise that it takes under a millisecond. `serial=True` runs one call of it at a time. A generator, async
    or not, is a stream.
    """

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        setattr(function, METHOD, MethodOptions(name or function.__name__, inline, serial))
        return function

    return mark if function is None else mark(function)


class Plugin:
    """Base of every plugin."""

    log: Log
    """Structured log; its lines reach the host with the plugin's name."""
    config: Config
    """Configuration, as it is now."""
    host: Host
    """The host's API: `await self.host.<namespace>.<method>(...)`."""
    analytics: Analytics
    """Counts of what it is used for."""
    api: Web
    """HTTP endpoints of this host, its own and those of others."""
    commands: Commands
    """Commands, its own and those of others."""
    email: Email
    """Messages by email, sent by the host."""
    endpoints: Endpoints
    """HTTP endpoints, registered in code."""
    events: Events
    """Events of its own, and others'."""
    logger: Logger
    """The log with the methods of the standard library's loggers."""
    notify: Notify
    """Notifications to users."""
    paths: Paths
    """Its folders."""
    plugins: Plugins
    """Calls to other plugins."""
    schedule: Schedule
    """Periodic work, registered in code."""
    storage: Storage
    """What it keeps over restarts."""
    ui: Ui
    """What it adds to user interfaces."""
    _session: Session

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            place = APIS.get(name)
            if place is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            made = getattr(import_module(place[0]), place[1])(self._session.link)
            setattr(self, name, made)
            return made

    async def on_load(self) -> None:
        """Start to work. Called once, before any method."""

    async def on_unload(self) -> None:
        """Release what was taken. Called once, after the last method."""

    def get_config(self) -> Mapping[str, Any]:
        """Return the configuration; the same as `self.config`."""
        return self.config

    def wait(self, awaitable: Awaitable[_T]) -> _T:
        """Wait, from a `def` handler's thread, for something that runs on the event loop.

        Raises:
            RuntimeError: Called on the event loop, where it would never return.
        """
        return self._session.wait(awaitable)

    @classmethod
    def run(cls) -> None:
        """Run this plugin in this process, for `if __name__ == "__main__":`; explains itself to a person."""
        from plugin_sdk.runtime.run import run_class

        sys.exit(run_class(cls))


BASES.add(Plugin)


def published(cls: type[Plugin]) -> dict[str, tuple[str, MethodOptions]]:
    """Return the attribute and options of every published method of a class, by published name.

    Raises:
        SignatureFault: A class publishes two methods under one name.
    """
    found: dict[str, tuple[str, MethodOptions]] = {}
    for base in own_bases(cls):
        own: dict[str, tuple[str, MethodOptions]] = {}
        for attribute, value in vars(base).items():
            options = getattr(value, METHOD, None)
            if not isinstance(options, MethodOptions):
                continue
            if options.name in own:
                other = own[options.name][0]
                raise SignatureFault(
                    f"{base.__name__}: {other} and {attribute} are both published as {options.name!r}"
                )
            own[options.name] = (attribute, options)
        found |= own
    return found
