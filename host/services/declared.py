"""Declared: all that a session offers, by its code and by its manifest. Pure.

Where both declare the same thing, the code's is what counts. What a manifest declares is answered by the
method of that name, or by a file of the package.
"""

from host.facade import Joining
from host.services.routes import mounted
from host.services.ui_rules import is_for_browsers
from protocol.manifest import Manifest
from protocol.messages.provides import Command, Endpoint, Schedule, UiItem


def commands_of(session: Joining) -> tuple[Command, ...]:
    """Return its commands."""
    coded = session.provides.commands
    names = {one.name for one in coded}
    return (*coded, *(one for one in session.manifest.commands if one.name not in names))


def endpoints_of(session: Joining) -> tuple[Endpoint, ...]:
    """Return its endpoints."""
    coded = session.provides.endpoints
    places = {_place(one, session.plugin) for one in coded}
    return (
        *coded,
        *(one for one in session.manifest.endpoints if _place(one, session.plugin) not in places),
    )


def schedules_of(session: Joining) -> tuple[Schedule, ...]:
    """Return its schedules."""
    coded = session.provides.schedules
    names = {one.name for one in coded}
    return (*coded, *(one for one in session.manifest.schedules if one.name not in names))


def ui_of(session: Joining) -> tuple[UiItem, ...]:
    """Return its additions to user interfaces."""
    coded = session.provides.ui
    names = {(one.kind, one.name) for one in coded}
    return (*coded, *(one for one in shown_by(session.manifest) if (one.kind, one.name) not in names))


def shown_by(manifest: Manifest) -> tuple[UiItem, ...]:
    """Return what a manifest adds to user interfaces, without what can't be drawn; see `unported`."""
    items = tuple(one for one in manifest.ui if not is_for_browsers(one))
    if manifest.theme is None:
        return items
    return (*items, UiItem("theme", manifest.id, manifest.name, manifest.theme))


def unported(manifest: Manifest) -> tuple[UiItem, ...]:
    """Return what a manifest adds by files of React, Vue or HTML. It is left out, so that the rest works."""
    return tuple(one for one in manifest.ui if is_for_browsers(one))


def _place(one: Endpoint, plugin: str) -> tuple[str, str]:
    return one.method.upper(), mounted(one.path, plugin).rstrip("/")
