"""Where the data of a widget come from: its plugin, or a file of the package; and that they are what
its kind says.

Nothing of it is markup, and no control character reaches a terminal.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import anyio.to_thread
import msgspec

from host.errors import ContributionNotFound, InvalidResult
from host.ids import PluginId
from host.logs import clean
from host.routing.control_calls import ControlCalls
from host.services.ui_rules import data_file
from protocol import jsonrpc
from protocol.messages.provides import UiItem
from protocol.messages.ui import WidgetAsk
from protocol.widgets import MAX_WIDGET_BYTES, read_widget

WIDGET_TIMEOUT_S: Final = 2.0
"""Longest time for an answer."""


class WidgetSource:
    """Asks for the data of widgets."""

    def __init__(self, calls: ControlCalls, folder_of: Callable[[str], Path | None]) -> None:
        self._calls = calls
        self._folder_of = folder_of

    async def data(self, plugin: PluginId, item: UiItem) -> dict[str, Any]:
        """Return what a widget shows now, checked.

        Raises:
            InvalidResult: It is not of the widget's kind, or too large.
            PlughostError: It could not be had.
        """
        component = str(item.data.get("component", ""))
        if component:
            data = await anyio.to_thread.run_sync(self._read_file, plugin, component)
        else:
            raw = await self._calls.ask(
                plugin, "plugin.widget", WidgetAsk(item.name), item.name, timeout_s=WIDGET_TIMEOUT_S
            )
            if len(bytes(raw)) > MAX_WIDGET_BYTES:
                found = f"found {len(bytes(raw))} bytes; allowed: {MAX_WIDGET_BYTES}"
                raise InvalidResult(f"widget {item.name!r} of plugin {plugin!r}: {found}")
            data = decoded(raw, plugin, f"widget {item.name}")
        kind = str(item.data.get("kind", "text"))
        try:
            read = read_widget(kind, data)
        except (ValueError, TypeError) as exc:
            raise InvalidResult(f"widget {item.name!r} of plugin {plugin!r} is no {kind}: {exc}") from None
        return cast("dict[str, Any]", cleaned(read, lines=True))

    def _read_file(self, plugin: PluginId, component: str) -> Any:
        path = data_file(component, self.finder(plugin))
        if path is None:
            raise ContributionNotFound("data file", component)
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_WIDGET_BYTES + 1)
            if len(raw) > MAX_WIDGET_BYTES:
                raise InvalidResult(f"{component}: found more than {MAX_WIDGET_BYTES} bytes")
            return jsonrpc.decode_any(msgspec.Raw(raw)) if path.suffix == ".json" else raw.decode()
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise InvalidResult(f"{component} of plugin {plugin!r} can't be read: {exc}") from None

    def finder(self, plugin: PluginId) -> Callable[[str], Path | None]:
        """Return what finds the files of a plugin's package, and none outside of it."""

        def find(name: str) -> Path | None:
            folder = self._folder_of(plugin)
            if folder is None:
                return None
            path = folder / name
            inside = path.is_file() and path.resolve().is_relative_to(folder.resolve())
            return path if inside else None

        return find


def cleaned(value: Any, *, lines: bool = False) -> Any:
    """Return a value in which every text, keys too, has its control characters written out."""
    match value:
        case str():
            return "\n".join(clean(line) for line in value.split("\n")) if lines else clean(value)
        case list():
            return [cleaned(one, lines=lines) for one in cast("list[Any]", value)]
        case dict():
            return {
                clean(key): cleaned(one, lines=lines) for key, one in cast("dict[str, Any]", value).items()
            }
        case _:
            return value


def decoded(raw: msgspec.Raw, plugin: str, what: str) -> Any:
    """Return what a plugin gave. Raises InvalidResult if it can't be read."""
    try:
        return jsonrpc.decode_any(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidResult(f"what plugin {plugin!r} gave for the {what} can't be read: {exc}") from None
