"""Names of other plugin systems that work here: `initialize`, `cleanup`, `destroy`, `register_routes`,
`register_gui_components`, `register_triggers`, and a name and version that are set in code.

Owns what each is translated to. `on_load` and `on_unload` win where a class has both.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from inspect import isawaitable, signature
from types import MethodType
from typing import TYPE_CHECKING, Any, cast

from plugin_sdk.decorators.on import on
from plugin_sdk.plugin import Plugin
from plugin_sdk.recording import Gui, Routes
from plugin_sdk.runtime.lifecycle import has_older
from plugin_sdk.runtime.link import Link
from plugin_sdk.runtime.source import Source
from protocol.signatures import SignatureFault

if TYPE_CHECKING:
    from plugin_sdk.api.storage import Storage


class OlderApi:
    """`context.api`: the host's namespaces, and what plugins register by it."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin

    def register_component(
        self, component: Mapping[str, Any] | None = None, /, **more: Any
    ) -> Awaitable[None]:
        """Add a widget."""
        return self._plugin.ui.register_component(component, **more)

    def add_menu_item(self, item: Mapping[str, Any] | None = None, /, **more: Any) -> Awaitable[str]:
        """Add a menu item."""
        return self._plugin.ui.add_menu_item(item, **more)

    def emit(self, event: str, data: Any = None) -> Awaitable[int]:
        """Emit an event, the plugin's own if there is no dot in it."""
        return self._plugin.events.emit(event, data)

    def on(self, event: str, handler: Callable[..., Any]) -> Awaitable[None]:
        """Handle an event, the plugin's own if there is no dot in it."""
        events = self._plugin.events
        return events.on(event if "." in event else events.own(event), handler)

    def get_storage(self) -> "Storage":
        """Return what it keeps."""
        return self._plugin.storage

    def register_settings(self, settings: Mapping[str, Any]) -> Awaitable[None]:
        """Describe settings in code."""
        return self._plugin.config.register(settings)

    def get_settings(self) -> Mapping[str, Any]:
        """Return the configuration."""
        return self._plugin.config

    def __getattr__(self, name: str) -> Any:
        if name.startswith("on_"):
            return partial(self._plugin.events.on, name.removeprefix("on_"))
        return getattr(self._plugin.host, name)


class OlderContext:
    """What `initialize(context)` receives."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self.api = OlderApi(plugin)
        self.app = plugin.host

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plugin, name)


async def begin_older(plugin: Plugin, link: Link) -> None:
    """Do what `on_load` does not."""
    cls = type(plugin)
    _compare(plugin, link)
    if has_older(cls, "register_routes"):
        routes = Routes()
        await _call(link, plugin, "register_routes", routes)
        for method, path, handler in routes.recorded:
            await plugin.endpoints.register(method, path, handler)
    if has_older(cls, "register_gui_components"):
        gui = Gui()
        await _call(link, plugin, "register_gui_components", gui)
        for name, args, options in gui.recorded:
            await getattr(plugin.ui, name)(*args, **options)
    if cls.on_load is Plugin.on_load and has_older(cls, "initialize"):
        initialize: Callable[..., Any] = cast("Any", plugin).initialize
        args = (OlderContext(plugin),) if signature(initialize).parameters else ()
        await _call(link, plugin, "initialize", *args)


async def end_older(plugin: Plugin, link: Link) -> None:
    """Do what `on_unload` does not."""
    cls = type(plugin)
    if cls.on_unload is Plugin.on_unload:
        for name in ("cleanup", "destroy"):
            if has_older(cls, name):
                await _call(link, plugin, name)
                return


def config_schema(sources: Sequence[Source]) -> dict[str, Any] | None:
    """Return what `get_config_schema` says. Raises SignatureFault if it is no mapping."""
    merged: dict[str, Any] = {}
    for source in sources:
        if not callable(getattr(source.cls, "get_config_schema", None)):
            continue
        schema = _asked(source.cls, "get_config_schema")
        if not isinstance(schema, Mapping):
            place = f"{source.cls.__name__}.get_config_schema"
            raise SignatureFault(f"{place} returned {type(schema).__name__}; it returns a mapping")
        merged |= cast("Mapping[str, Any]", schema)
    return merged or None


def mark_triggers(cls: type[Plugin]) -> None:
    """Subscribe the methods that `register_triggers` names, as `@on` would.

    Raises:
        SignatureFault: It names something else.
    """
    listed: Any = _asked(cls, "register_triggers")
    for number, one in enumerate(cast("Sequence[Any]", listed or ())):
        given = dict(cast("Mapping[str, Any]", one)) if isinstance(one, Mapping) else dict[str, Any]()
        event: Any = given.get("event")
        handler: Any = given.get("handler")
        if not isinstance(event, str) or not isinstance(handler, MethodType):
            raise SignatureFault(
                f"{cls.__name__}.register_triggers: item {number} is not "
                '{"event": topic, "handler": self.method}'
            )
        on(event)(handler.__func__)


def _compare(plugin: Plugin, link: Link) -> None:
    """Warn of a name or a version in code unlike the manifest's, which counts."""
    said: Any = getattr(plugin, "version", None)
    if isinstance(said, str) and link.plugin_version and said != link.plugin_version:
        plugin.log.warning(
            "the version in code is not the manifest's, which counts", code=said, manifest=link.plugin_version
        )
    name: Any = getattr(plugin, "name", None)
    known = {_folded(one) for one in (link.plugin_id, link.plugin_name) if one}
    if isinstance(name, str) and _folded(name) not in known:
        plugin.log.warning(
            "the name in code is not the manifest's, which counts",
            code=name,
            manifest=link.plugin_name or link.plugin_id,
        )


def _asked(cls: type[Plugin], name: str) -> Any:
    """Call a method before there is an instance that was made. Raises SignatureFault."""
    try:
        return getattr(cls.__new__(cls), name)()
    except Exception as exc:
        # The border of an author's function; what it raises is the fault.
        raise SignatureFault(
            f"{cls.__name__}.{name} raised {type(exc).__name__}: {exc}; it is asked before __init__, of "
            "which it can't use anything"
        ) from exc


async def _call(link: Link, plugin: Plugin, name: str, *args: Any) -> Any:
    # On the event loop, as in the systems that these names are from; they only register.
    result = getattr(plugin, name)(*args)
    return await result if isawaitable(result) else result


def _folded(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())
