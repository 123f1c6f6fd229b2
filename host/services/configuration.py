"""Configuration of plugins: its layers, its schema, what was set and when, and how a change reaches a plugin.

A change is held against the schema, then offered to the running plugin, then saved, in this order; at any
refusal nothing is saved. Plugins reach their own by `host.services.configuration_api`.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec
from anyio.abc import TaskGroup

from host.clock import Clock
from host.errors import Conflict, InvalidConfiguration, InvalidParams, PlughostError
from host.facade import Joining, Loadable
from host.manifest.config_schema import merge as merge_schemas
from host.services import configuration_layers as layering
from host.services.configuration_answers import ConfigurationAnswers
from host.services.configuration_book import Book, Kept, Plugins, as_json
from host.services.configuration_catch_up import CatchUp
from host.services.configuration_merge import merge
from host.services.configuration_offer import offer_safely, take_back
from host.services.configuration_preview import changed_layer
from host.services.configuration_reread import Given, reread
from host.services.configuration_schema import Schema
from host.state import config_file
from host.state.database import Database
from protocol.messages.config import ConfigChanged

FILE: Final = "config.db"
MAX_WHO_CHARS: Final = 100

_New = Callable[[Schema, Mapping[str, Any]], Mapping[str, Any]]


class Configuration(ConfigurationAnswers):
    """Of all plugins of one host."""

    def __init__(
        self,
        plugins: Plugins,
        given: Mapping[str, Mapping[str, Any]],
        clock: Clock,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """`given` is what the settings file, or the embedding program, says, by plugin."""
        super().__init__(Book(plugins, given, os.environ if environ is None else environ))
        self._clock = clock
        self._locks: dict[str, anyio.Lock] = {}
        self._tasks: TaskGroup | None = None
        self._catch_up = CatchUp(self._book, self._file, self._lock, self._restart_quietly)
        self.told: Callable[[str, int, str, str], None] = _nobody
        """Told of each change that was kept: plugin, revision, by whom, and how it was applied."""

    async def open(self, folder: Path, tasks: TaskGroup | None) -> None:
        """Read what was set; see `Opens`."""
        self._tasks = self._catch_up.tasks = tasks
        self._database = Database(folder / FILE, config_file.SCHEMA)
        await self._database.open()
        rows = await self._database.read(config_file.latest)
        self._book.kept = {
            plugin: Kept(row.revision, msgspec.json.decode(row.layer)) for plugin, row in rows.items()
        }

    async def aclose(self) -> None:
        """Close the file."""
        if self._database is not None:
            await self._database.aclose()

    # What sessions need, and tell.

    def faults(self, package: Loadable) -> list[str]:
        """Return why a plugin can't be started with its present configuration; see `LoadInputs`."""
        plugin = package.manifest.id
        schema = Schema(package.manifest.config_schema, self._book.code.get(plugin))
        if broken := schema.faults():
            return [f"its configuration's schema: {fault}" for fault in broken]
        return [
            f"its configuration: {fault}"
            for fault in self._book.check(schema, self._book.layers(plugin, schema, package=package))
        ]

    def given(self, package: Loadable, code: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what a run of a plugin is given; see `LoadInputs`."""
        return self._book.given_to(package, code)

    def check(self, session: Joining) -> Iterable[str]:
        """Hold what its code says of the configuration against what is there; see `Registry`."""
        code = session.provides.config_schema
        if code is None:
            return ()
        schema = Schema(session.manifest.config_schema, code)
        if broken := schema.faults():
            return [f"its configuration's schema from code: {fault}" for fault in broken]
        faults = self._book.check(schema, self._book.layers(session.plugin, schema))
        return [f"its configuration: {fault}" for fault in faults]

    def join(self, session: Joining) -> None:
        """Take in the schema from code, and note what it is given."""
        self._catch_up.began(session)
        self._take_schema(session)

    def wait(self, session: Joining) -> None:
        """Note what it is given; its schema counts from the switch on."""
        self._catch_up.began(session)

    def succeed(self, session: Joining, predecessor: Joining) -> None:
        """Let its schema count, and offer it what was saved since it was given its configuration."""
        self._take_schema(session)
        self._catch_up.look(session)

    def _take_schema(self, session: Joining) -> None:
        self._book.code.pop(session.plugin, None)
        if session.provides.config_schema is not None:
            self._book.code[session.plugin] = session.provides.config_schema

    def activated(self, session: Joining) -> None:
        """Offer it what was saved since it was given its configuration."""
        self._catch_up.look(session)

    def leave(self, session: Joining) -> None:
        """Keep the schema: it is needed for changes while the plugin does not run."""
        self._catch_up.ended(session)

    # What people and programs ask.

    async def set(
        self,
        plugin: str,
        changes: Mapping[str, Any],
        *,
        by: str = "host",
        expected_revision: int | None = None,
    ) -> ConfigChanged:
        """Change some values; tables are merged, dotted keys lead into them. `•••` leaves a secret as it is.

        Raises:
            PluginNotFound: There is none with this id.
            InvalidConfiguration: It does not fit the schema; `faults` has everything.
            ConfigurationRefused: The running plugin does not take it.
            Conflict: It has another revision than the expected one.
        """
        return await self._change(
            plugin,
            lambda schema, old: merge(old, self._book.unmasked(schema, changes, old)),
            by,
            expected_revision,
        )

    async def change(
        self,
        plugin: str,
        changes: Mapping[str, Any],
        unset: Sequence[str] = (),
        *,
        by: str = "host",
        expected_revision: int | None = None,
    ) -> ConfigChanged:
        """Change some values and let lower layers give others again, in one revision; see `set`."""
        return await self._change(
            plugin,
            lambda schema, old: changed_layer(self._book, schema, old, changes, unset),
            by,
            expected_revision,
        )

    async def replace(
        self,
        plugin: str,
        values: Mapping[str, Any],
        *,
        by: str = "host",
        expected_revision: int | None = None,
    ) -> ConfigChanged:
        """Make this all that is set; see `set`."""
        return await self._change(
            plugin, lambda schema, old: self._book.unmasked(schema, values, old), by, expected_revision
        )

    async def unset(
        self, plugin: str, *keys: str, by: str = "host", expected_revision: int | None = None
    ) -> ConfigChanged:
        """Let the lower layers give these values again; a key is dotted into tables. See `set`."""

        def changed(schema: Schema, old: Mapping[str, Any]) -> Mapping[str, Any]:
            for key in keys:
                old = layering.without(old, layering.path_of(schema, key))
            return old

        return await self._change(plugin, changed, by, expected_revision)

    async def restore(
        self, plugin: str, revision: int, *, by: str = "host", expected_revision: int | None = None
    ) -> ConfigChanged:
        """Set again what was set at a revision, as a new one; 0 is nothing. See `set`."""
        row = await self._file().read(lambda connection: config_file.find(connection, plugin, revision))
        if row is None and revision != 0:
            raise InvalidParams(
                f"the configuration of {plugin!r} has no revision {revision}", remedy="see its history"
            )
        values: dict[str, Any] = msgspec.json.decode(row.layer) if row is not None else {}
        return await self._change(plugin, lambda schema, old: values, by, expected_revision)

    async def undo(
        self, plugin: str, *, by: str = "host", expected_revision: int | None = None
    ) -> ConfigChanged:
        """Take the last change back, as a new revision. See `set`."""
        now = self.revision(plugin)
        if now == 0:
            raise InvalidParams(f"nothing of the configuration of {plugin!r} was ever set")
        expected = now if expected_revision is None else expected_revision
        return await self.restore(plugin, max(0, expected - 1), by=by, expected_revision=expected)

    def register(self, plugin: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Take in settings that a running plugin describes in code; return its configuration with them.

        Raises:
            InvalidParams: The schema can't be used.
            InvalidConfiguration: What is set does not fit it.
        """
        described = Schema(document)  # in a short form, maybe, as that before it; what both mean is merged
        code = merge_schemas(described.document, Schema(self._book.code.get(plugin)).document)
        schema = Schema(self._book.plugins.package(plugin).manifest.config_schema, code)
        if broken := described.faults() or schema.faults():
            raise InvalidParams(f"the schema can't be used: {'; '.join(broken[:20])}")
        if faults := self._book.check(schema, self._book.layers(plugin, schema)):
            raise InvalidConfiguration(plugin, faults)
        self._book.code[plugin] = code
        return self.current(plugin)

    async def forget(self, plugin: str) -> int:
        """Delete all that was set of a plugin that is gone; return how many revisions there were."""
        async with self._lock(plugin):
            return await self._book.forget(self._file(), plugin)

    async def reread(self, given: Given) -> tuple[str, ...]:
        """Take what the settings file says now; see `configuration_reread.reread`."""
        return await reread(self._book, given, self._lock, self._restart_quietly)

    # Inside.

    async def _change(self, plugin: str, new: _New, by: str, expected: int | None) -> ConfigChanged:
        package = self._book.plugins.package(plugin)
        async with self._lock(package.manifest.id):
            kept = self._book.kept.get(plugin, Kept())
            if expected is not None and expected != kept.revision:
                raise Conflict(
                    f"the configuration of {plugin!r} has revision {kept.revision}, not {expected}",
                    revision=kept.revision,
                )
            schema = self._book.schema_of(plugin)
            layer = as_json(plugin, new(schema, kept.values))
            if layer == kept.values:
                return ConfigChanged(kept.revision, "unchanged")
            layers = self._book.layers(plugin, schema, layer)
            if faults := self._book.check(schema, layers):
                raise InvalidConfiguration(plugin, faults)
            before, after = self.current(plugin), layering.effective(layers)
            changed = layering.changed(before, after)
            session = self._book.plugins.session(plugin) if changed else None
            answer = ConfigChanged(kept.revision + 1, "next_start" if changed else "live")
            if session is not None:
                former, offered = (before, kept.revision), (after, answer.revision)
                answer = await offer_safely(session, former, offered, restarts=schema.restarts(changed))
            done = Kept(answer.revision, layer)
            try:
                await self._book.keep(self._file(), plugin, done, self._clock.wall(), by[:MAX_WHO_CHARS])
            finally:
                if self._book.kept.get(plugin) is done:
                    self._catch_up.saved(plugin, session)
                elif session is not None and answer.applied == "live":
                    with anyio.CancelScope(shield=True):
                        await take_back(session, before, kept.revision)
        self.told(plugin, answer.revision, by[:MAX_WHO_CHARS], answer.applied)
        if answer.applied == "restart":
            await self._restart(plugin, own=by == f"plugin {plugin}")
        return answer

    def _lock(self, plugin: str) -> anyio.Lock:
        return self._locks.setdefault(plugin, anyio.Lock())

    async def _restart(self, plugin: str, *, own: bool) -> None:
        if not own:
            await self._book.plugins.restart(plugin)
        elif self._tasks is not None:
            # It waits for the answer, and its calls are drained before it ends.
            self._tasks.start_soon(self._restart_quietly, plugin)

    async def _restart_quietly(self, plugin: str) -> None:
        with suppress(PlughostError):  # the plugin's state says so, and the log
            await self._book.plugins.restart(plugin)


def _nobody(_plugin: str, _revision: int, _by: str, _applied: str) -> None:
    pass
