"""`ui.*`: what plugins add to user interfaces: widgets, menu items, settings pages, sections, tabs, themes.

Owns which additions there are and the data of widgets, at most twice a second each. A front end asks here and
draws; nothing that a plugin gives is markup.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import anyio

from host.clock import Clock
from host.errors import ContributionNotFound, DuplicateContribution, InvalidParams
from host.facade import Caller, Joining
from host.ids import PluginId, SessionId
from host.routing.control_calls import ControlCalls
from host.routing.gateway import ApiGateway
from host.services.claims import Claims
from host.services.contribution import (
    Contribution,
    claims_of,
    contribution_of,
    drawn_as,
    standing_claims,
    standing_of,
)
from host.services.declared import shown_by, ui_of, unported
from host.services.runs import Runs
from host.services.ui_rules import MAX_ITEMS, MAX_THEMES, item_faults, items_faults, named, standing_faults
from host.services.widget_source import WidgetSource, decoded
from host.supervision.near_names import NearNames
from protocol.manifest import Manifest
from protocol.messages.provides import UiItem, UiKind
from protocol.messages.ui import ActionCall

FRESH_S: Final = 0.5
"""A widget's data are asked for again after this."""

ACTION_TIMEOUT_S: Final = 60.0
PORT_IT: Final = "left out; port it: a method with @widget returns the data, and the host draws it"


class _Shown:
    """One addition, and the latest data of a widget."""

    __slots__ = ("at_s", "item", "latest", "session", "turn", "view")

    def __init__(self, session: Joining, item: UiItem) -> None:
        self.session = session
        self.item = item
        self.view = contribution_of(session.plugin, item)
        self.latest: dict[str, Any] | None = None
        self.at_s = 0.0
        self.turn = anyio.Lock()


class Ui:
    """All additions of one host's plugins."""

    def __init__(
        self,
        calls: ControlCalls,
        returns: Callable[[str], bool],
        folder_of: Callable[[str], Path | None],
        without_program: Callable[[], Iterable[Manifest]],
        clock: Clock,
    ) -> None:
        """`folder_of` tells where a plugin's package is, `without_program` which active plugins have no
        program and only add to interfaces.
        """
        self._calls = calls
        self._claims = Claims(returns)
        self._source = WidgetSource(calls, folder_of)
        self._without_program = without_program
        self._clock = clock
        self._near = NearNames()
        self._runs = Runs()
        self._items: dict[tuple[SessionId, str, str], _Shown] = {}
        self._stood: list[Manifest] = []
        """Plugins without a program, when it was last counted."""
        self._changes = 0

    def attach(self, gateway: ApiGateway) -> None:
        """Let plugins reach it."""
        gateway.attach_builtin("ui.register", self._register)
        gateway.attach_builtin("ui.unregister", self._unregister)

    # What a front end asks.

    def contributions(
        self, kind: UiKind | None = None, slot: str | None = None, *, plugin: str | None = None
    ) -> tuple[Contribution, ...]:
        """Return what is added now, by plugin, kind and name; of one kind, slot or plugin."""
        in_force = self._runs.in_force
        views = [one.view for one in self._items.values() if in_force(one.session.id)] + standing_of(
            self._without_program()
        )
        return tuple(
            sorted(
                (
                    one
                    for one in views
                    if kind in (None, one.kind) and slot in (None, one.slot) and plugin in (None, one.plugin)
                ),
                key=lambda one: (one.plugin, one.kind, one.name),
            )
        )

    def contribution(self, plugin: str, kind: UiKind, name: str) -> Contribution:
        """Return one addition. Raises ContributionNotFound, or what is wrong with its plugin."""
        found = next((one for one in self.contributions(kind, plugin=plugin) if one.name == name), None)
        if found is None:
            raise self._missing(plugin, kind, name)
        return found

    async def widget_data(self, plugin: str, name: str) -> Mapping[str, Any]:
        """Return what a widget shows, at most half a second old; see `protocol.widgets` for each kind.

        Raises:
            ContributionNotFound: There is no such widget.
            InvalidResult: What the plugin gave is not of the widget's kind, or too large.
            PlughostError: It could not be asked.
        """
        standing = [
            one
            for one in standing_of(self._without_program())
            if (one.plugin, one.kind, one.name) == (plugin, "widget", name)
        ]
        if standing:
            item = UiItem("widget", name, "", dict(standing[0].data))
            return await self._source.data(standing[0].plugin, item)
        one = self._find(plugin, "widget", name)
        async with one.turn:
            if one.latest is None or self._clock.monotonic() - one.at_s >= FRESH_S:
                one.latest = await self._source.data(one.session.plugin, one.item)
                one.at_s = self._clock.monotonic()
        return one.latest

    async def data(self, one: Contribution) -> Mapping[str, Any]:
        """Return what an addition shows: a widget's data, or those of the widget or the file that it names.

        A file is read as the kind that the addition says, else as text. Raises what `widget_data` does.
        """
        named = one.name if one.kind == "widget" else str(one.data.get("component", ""))
        widgets = [widget.name for widget in self.contributions("widget", plugin=one.plugin)]
        if one.kind == "widget" or named in widgets:
            return await self.widget_data(one.plugin, named)
        if not named:
            raise ContributionNotFound(f"component of the {one.kind.replace('_', ' ')}", one.name)
        return await self._source.data(one.plugin, UiItem(one.kind, one.name, one.title, dict(one.data)))

    async def invoke(self, plugin: str, name: str) -> Any:
        """Do what a menu item is for, and return what its function returns; a widget's data without one.

        Raises:
            ContributionNotFound: There is no such menu item, or nothing stands behind it.
            PlughostError: It failed, and why.
        """
        one = self._find(plugin, "menu_item", name)
        if one.item.data.get("action") is not True:
            component = str(one.item.data.get("component", ""))
            if (one.session.id, "widget", component) in self._items:
                return await self.widget_data(plugin, component)
            raise ContributionNotFound("function behind the menu item", name)
        raw = await self._calls.ask(
            plugin, "plugin.action", ActionCall(name), name, timeout_s=ACTION_TIMEOUT_S
        )
        return decoded(raw, plugin, f"menu item {name}")

    def drawn_as(self, one: Contribution) -> str:
        """Return which kind of `protocol.widgets` the data of an addition are."""
        return drawn_as(one, self.contributions("widget", plugin=one.plugin))

    @property
    def changes(self) -> int:
        """A number that is another one whenever an addition came, went or was changed."""
        standing = list(self._without_program())
        before = self._stood
        if len(standing) != len(before) or any(a is not b for a, b in zip(standing, before, strict=True)):
            self._stood = standing
            self._changes += 1
        return self._changes

    def standing_faults(self, manifest: Manifest) -> Iterable[str]:
        """Return what is wrong with the additions of a plugin that has no program; see `Contributions`."""
        plugin = PluginId(manifest.id)
        items = shown_by(manifest)
        yield from standing_faults(items, self._source.finder(plugin))
        yield from self._taken(items, plugin)

    # What a session does.

    def check(self, session: Joining) -> Iterable[str]:
        """Return what is wrong with its additions."""
        items = ui_of(session)
        yield from items_faults(items, self._source.finder(session.plugin))
        yield from self._taken(items, session.plugin)

    def join(self, session: Joining) -> None:
        """Take its additions in."""
        self._runs.join(session)
        self._take_all(session)

    def activated(self, session: Joining) -> None:
        """Give up what an earlier run had; additions are shown from the load on."""
        self._claims.settle(session.plugin)

    def wait(self, session: Joining) -> None:
        """Take its additions in, for when it takes over."""
        self._runs.wait(session)
        self._take_all(session)

    def succeed(self, session: Joining, predecessor: Joining) -> None:
        """Show its additions, in place of the predecessor's."""
        self._runs.succeed(session, predecessor)
        self._claims.succeed(session, predecessor)
        self._changes += 1

    def leave(self, session: Joining) -> None:
        """Withdraw its additions."""
        if self._runs.leave(session):
            self._claims.leave(session)
        else:
            self._claims.withdraw(session)
        self._changes += 1
        for key in [key for key in self._items if key[0] == session.id]:
            del self._items[key]

    # What plugins ask.

    async def _register(
        self, caller: Caller, kind: UiKind, name: str, title: str = "", data: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        session = self._runs.registering(caller)
        item = UiItem(kind, name, title, data or {})
        mine = [one.item for one in self._items.values() if one.session is session]
        widgets = frozenset(one.name for one in mine if one.kind == "widget")
        if faults := list(item_faults(item, widgets, self._source.finder(session.plugin))):
            raise InvalidParams("; ".join(faults[:20]))
        if any((one.kind, one.name) == (kind, name) for one in mine):
            raise DuplicateContribution(f"{named(item)}: this plugin has it already")
        for taken in self._taken([item], session.plugin):
            raise DuplicateContribution(taken)
        if len(mine) >= MAX_ITEMS:
            raise InvalidParams(f"ui: allowed: at most {MAX_ITEMS} additions")
        if kind == "theme" and sum(one.kind == kind for one in mine) >= MAX_THEMES:
            raise InvalidParams(f"ui: allowed: at most {MAX_THEMES} themes")
        self._take(session, item)
        return {}

    async def _unregister(self, caller: Caller, kind: UiKind, name: str) -> dict[str, Any]:
        one = self._items.pop((caller.session, kind, name), None)
        if one is None:
            raise ContributionNotFound(f"{kind.replace('_', ' ')} of this plugin", name)
        self._changes += 1
        for claim in claims_of(one.item):
            self._claims.release(claim, one.session)
        return {}

    # Inside.

    def _take_all(self, session: Joining) -> None:
        for one in ui_of(session):
            self._take(session, one)
        for one in unported(session.manifest):
            logging.getLogger(f"plugin.{session.plugin}").warning("%s: %s", named(one), PORT_IT)

    def _take(self, session: Joining, item: UiItem) -> None:
        self._claims.take(claims_of(item), session)
        shown = _Shown(session, item)
        self._items[session.id, item.kind, item.name] = shown
        self._changes += 1
        for warning in shown.view.warnings:
            logging.getLogger(f"plugin.{session.plugin}").warning("theme %s: %s", item.name, warning)

    def _taken(self, items: Iterable[UiItem], plugin: PluginId) -> Iterator[str]:
        """Yield which names another plugin has."""
        standing = standing_claims(one for one in self._without_program() if one.id != plugin)
        for item in items:
            for claim in claims_of(item):
                owner = self._claims.owner(claim, plugin) or standing.get(claim)
                if owner is not None:
                    yield f"{named(item)}: plugin {owner!r} has the {claim}"
                    break

    def _find(self, plugin: str, kind: UiKind, name: str) -> _Shown:
        for key, one in reversed(self._items.items()):
            if key[1:] == (kind, name) and one.session.plugin == plugin and self._runs.in_force(key[0]):
                return one
        raise self._missing(plugin, kind, name)

    def _missing(self, plugin: str, kind: UiKind, name: str) -> ContributionNotFound:
        if all(one.id != plugin for one in self._without_program()):
            self._calls.live(plugin)  # says what is wrong with the plugin, where that is it
        names = [one.name for one in self.contributions(kind, plugin=plugin)]
        return ContributionNotFound(kind.replace("_", " "), name, self._near.propose(name, names))
