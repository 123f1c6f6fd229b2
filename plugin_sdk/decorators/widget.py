"""`@widget` and `@menu_item`: methods behind what user interfaces show."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal, TypeVar

import msgspec

from plugin_sdk.decorators.arguments import checked
from plugin_sdk.marks import Mark, put_mark

_F = TypeVar("_F", bound=Callable[..., Any])
Position = Literal["top", "sidebar", "bottom"]
Width = Literal["full", "half", "third"]
Kind = Literal[
    "stat", "gauge", "sparkline", "series", "table", "key-value", "text", "log", "progress", "badge"
]


class UiMark(Mark, frozen=True):
    """What a decorator was told."""

    part: ClassVar[str] = "ui"
    kind: Literal["widget", "menu_item"]
    name: str
    title: str
    data: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])


@checked("widget()")
def widget(
    name: str | None = None,
    *,
    title: str = "",
    kind: Kind = "text",
    position: Position = "top",
    width: Width = "full",
) -> Callable[[_F], _F]:
    """Show what a method returns as a widget; it is asked at most twice a second."""

    def mark(function: _F) -> _F:
        data = {"kind": kind, "position": position, "width": width}
        return put_mark(function, UiMark("widget", name or function.__name__, title, data))

    return mark


@checked('menu_item("What people read")')
def menu_item(
    label: str, *, name: str | None = None, icon: str = "", path: str = "", component: str = ""
) -> Callable[[_F], _F]:
    """Call a method when somebody chooses a menu item."""

    def mark(function: _F) -> _F:
        given = {"icon": icon, "path": path, "component": component}
        data: dict[str, Any] = {key: value for key, value in given.items() if value} | {"action": True}
        return put_mark(function, UiMark("menu_item", name or function.__name__, label, data))

    return mark
