"""Reread: what a settings file says now of plugins' configurations takes the place of what it said before."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio

from host.errors import InvalidConfiguration, PlughostError
from host.services import configuration_layers as layering
from host.services.configuration_book import Book, Kept
from host.services.configuration_offer import offer_safely

Given = Mapping[str, Mapping[str, Any]]


async def reread(
    book: Book,
    given: Given,
    lock: Callable[[str], anyio.Lock],
    restart: Callable[[str], Awaitable[None]],
) -> tuple[str, ...]:
    """Take it; return the plugins whose configuration is another one by it. `restart` raises nothing.

    Raises:
        InvalidConfiguration: A plugin's schema does not allow it; everything is as it was then.
        PlughostError: A running plugin refuses its part; it keeps what it had, all others have theirs.
    """
    old = book.given
    plugins = [one for one in book.plugins.ids() if old.get(one, {}) != given.get(one, {})]
    for plugin in plugins:
        schema = book.schema_of(plugin)
        if faults := book.check(schema, book.layers(plugin, schema, given=given)):
            raise InvalidConfiguration(plugin, faults)
    book.given = {key: value for key, value in given.items() if key not in plugins} | {
        plugin: old[plugin] for plugin in plugins if plugin in old
    }
    refusals: list[PlughostError] = []
    changed: list[str] = []
    for plugin in plugins:
        try:
            if await _take(book, plugin, given.get(plugin, {}), lock(plugin), restart):
                changed.append(plugin)
        except PlughostError as exc:
            refusals.append(exc)
    if refusals:
        raise refusals[0]
    return tuple(changed)


async def _take(
    book: Book,
    plugin: str,
    given: Mapping[str, Any],
    lock: anyio.Lock,
    restart: Callable[[str], Awaitable[None]],
) -> bool:
    """Take what is given to one plugin, once the run that takes calls agrees; tell whether it differs."""
    async with lock:
        before = book.current(plugin)
        schema = book.schema_of(plugin)
        wanted = {**book.given, plugin: given}
        after = layering.effective(book.layers(plugin, schema, given=wanted))
        paths = layering.changed(before, after)
        session = book.plugins.session(plugin) if paths else None
        answer = None
        if session is not None:
            revision = book.kept.get(plugin, Kept()).revision
            former, new = (before, revision), (after, revision)
            answer = await offer_safely(session, former, new, restarts=schema.restarts(paths))
        book.given = wanted
    if answer is not None and answer.applied == "restart":
        await restart(plugin)
    return bool(paths)
