"""What a plugin adds to user interfaces: marked methods, a theme, and what was registered in code."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import msgspec

from plugin_sdk.decorators.widget import UiMark
from plugin_sdk.runtime.callee import Callee, callee_named
from plugin_sdk.runtime.link import Link
from plugin_sdk.runtime.source import Source
from protocol.errors import INVALID_PARAMS, METHOD_NOT_FOUND, RpcError
from protocol.incoming import Inbound
from protocol.messages.provides import UiItem, UiKind
from protocol.messages.ui import ActionCall, WidgetAsk
from protocol.signatures import SignatureFault


class UiPart:
    """All that one plugin adds."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._sources: Sequence[Source] = ()
        self._items: dict[tuple[str, str], UiItem] = {}
        self._callees: dict[tuple[str, str], Callee] = {}
        self.controls = {"plugin.widget": self._widget, "plugin.action": self._action}

    def read(self, sources: Sequence[Source]) -> Mapping[str, Any]:
        """Return what marked methods and the classes' `theme` add."""
        for source in sources:
            for _, attribute, mark in source.marked(UiMark):
                callee = Callee.of_method(source, attribute)
                self.add(mark.kind, mark.name, mark.title, mark.data, callee)
            theme: Any = getattr(source.cls, "theme", None)
            if isinstance(theme, Mapping):
                name = self._link.plugin_id or source.cls.__name__
                self.add("theme", name, "", cast("Mapping[str, Any]", theme))
        return {"ui": tuple(self._items.values())}

    def bind(self, sources: Sequence[Source]) -> None:
        """Take the instances' methods."""
        self._sources = sources
        for callee in self._callees.values():
            callee.bind()

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Take nothing: there are no notifications of user interfaces."""

    async def stop(self) -> None:
        """Do nothing: the host asks no more."""

    def add(
        self,
        kind: UiKind,
        name: str,
        title: str,
        data: Mapping[str, Any],
        handler: Callee | Callable[..., Any] | None = None,
    ) -> UiItem:
        """Add an item; the host does not know of it yet. Raises SignatureFault if it is there already."""
        key = (kind, name)
        if key in self._items:
            raise SignatureFault(f"there are two {kind.replace('_', ' ')}s {name!r}")
        made = UiItem(kind, name, title, dict(data))
        if handler is not None:
            self._callees[key] = handler if isinstance(handler, Callee) else Callee.of_function(handler)
        self._items[key] = made
        return made

    def remove(self, kind: UiKind, name: str) -> bool:
        """Remove an item; return whether it was there."""
        self._callees.pop((kind, name), None)
        return self._items.pop((kind, name), None) is not None

    async def _widget(self, inbound: Inbound) -> Any:
        return await self._run("widget", _read(inbound, WidgetAsk).widget)

    async def _action(self, inbound: Inbound) -> Any:
        return await self._run("menu_item", _read(inbound, ActionCall).item)

    async def _run(self, kind: str, name: str) -> Any:
        callee = self._callees.get((kind, name)) or callee_named(self._sources, name)
        if callee is None:
            raise RpcError(
                METHOD_NOT_FOUND, f"no function stands behind the {kind.replace('_', ' ')} {name!r}"
            )
        try:
            return await self._link.invoke(callee.function)
        except RpcError:
            raise
        except Exception as exc:  # noqa: BLE001 - the border of an author's function; the log names it
            raise self._link.unexpected(exc, f"{kind.replace('_', ' ')} {name!r}") from None


def _read(inbound: Inbound, shape: Any) -> Any:
    try:
        return msgspec.json.decode(inbound.params, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise RpcError(INVALID_PARAMS, f"{inbound.method}: {exc}") from None
