"""`ui.*`, `plugin.widget` and `plugin.action`: what plugins add to user interfaces."""

from typing import Any

import msgspec

from protocol.messages.provides import UiKind


class UiRegister(msgspec.Struct, frozen=True, omit_defaults=True):
    """Parameters of `ui.register`."""

    kind: UiKind
    name: str
    title: str = ""
    data: dict[str, Any] = {}


class UiName(msgspec.Struct, frozen=True):
    """Parameters of `ui.unregister`."""

    kind: UiKind
    name: str


class WidgetAsk(msgspec.Struct, frozen=True):
    """Parameters of `plugin.widget`; its result is the widget's data, see `protocol.widgets`."""

    widget: str


class ActionCall(msgspec.Struct, frozen=True):
    """Parameters of `plugin.action`: somebody chose a menu item."""

    item: str
