"""Contribution: one addition to user interfaces as front ends see it, and the names that it takes. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from host.ids import PluginId
from host.logs import clean
from host.services.declared import shown_by
from host.services.themes import theme_warnings
from host.services.ui_rules import slot_of
from host.services.widget_source import cleaned
from protocol.manifest import Manifest
from protocol.messages.provides import UiItem, UiKind

_ONE_OWNER: Final = frozenset({"widget", "menu_item", "settings_page"})
"""Kinds whose names are the host's: two plugins can't have the same."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """One addition. Texts hold no control characters."""

    plugin: PluginId
    kind: UiKind
    name: str
    title: str
    slot: str
    """Where it is shown; empty for settings pages and themes."""
    data: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
    """Of a theme: which text can hardly be read."""


def contribution_of(plugin: PluginId, item: UiItem) -> Contribution:
    """Return an addition as front ends see it."""
    warnings = theme_warnings(item.data) if item.kind == "theme" else ()
    data = cast("dict[str, Any]", cleaned(item.data))
    return Contribution(plugin, item.kind, item.name, clean(item.title), slot_of(item), data, warnings)


def drawn_as(one: Contribution, widgets: Iterable[Contribution]) -> str:
    """Return which kind of `protocol.widgets` the data of an addition are; `widgets` are its plugin's."""
    component = str(one.data.get("component", ""))
    if one.kind != "widget":
        for widget in widgets:
            if widget.name == component:
                return str(widget.data.get("kind", "text"))
    return str(one.data.get("kind", "text"))


def claims_of(item: UiItem) -> list[str]:
    """Return the names that only one plugin may have."""
    if item.kind not in _ONE_OWNER:
        return []
    claims = [f"{item.kind.replace('_', ' ')} {item.name}"]
    path: Any = item.data.get("path")
    if item.kind == "menu_item" and path:
        claims.append(f"menu path {path}")
    return claims


def standing_of(manifests: Iterable[Manifest]) -> list[Contribution]:
    """Return what plugins without a program add: it is there as long as they are active."""
    return [contribution_of(PluginId(one.id), item) for one in manifests for item in shown_by(one)]


def standing_claims(manifests: Iterable[Manifest]) -> dict[str, str]:
    """Return which names they have, and whose each is."""
    return {claim: one.id for one in manifests for item in shown_by(one) for claim in claims_of(item)}
