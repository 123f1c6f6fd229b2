"""`ui.*`, `plugin.widget` and `plugin.action`: what plugins add to user interfaces, and ask there."""

from typing import Any, Literal

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


class UiPrompt(msgspec.Struct, frozen=True, omit_defaults=True):
    """Parameters of `ui.prompt`."""

    title: str
    text: str = ""
    schema: dict[str, Any] = {}
    """JSON Schema of an object, whose properties are what is asked for; without any it is a yes or a no."""
    wait_s: float = 300.0
    """How long an answer is waited for."""


class UiAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Result of `ui.prompt`."""

    outcome: Literal["answered", "dismissed", "expired"]
    values: dict[str, Any] = {}
    """What was answered; it fits the schema."""


class WidgetAsk(msgspec.Struct, frozen=True):
    """Parameters of `plugin.widget`; its result is the widget's data, see `protocol.widgets`."""

    widget: str


class ActionCall(msgspec.Struct, frozen=True):
    """Parameters of `plugin.action`: somebody chose a menu item."""

    item: str
