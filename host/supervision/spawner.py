"""Spawner: gives one plugin's runs their processes.

Knows what is the same in each of them: the package, its configuration, what was granted. Does not know why
one is wanted or what follows its end; the runner asks for it.
"""

from collections.abc import Mapping
from typing import Any

from host.ids import PluginId, new_session_id
from host.manifest import Package
from host.permissions.policy import Grants
from host.process.launcher import SpawnError
from host.process.program import program_for
from host.supervision.environment import Environment
from host.supervision.session import Session
from protocol.launch import SHELF
from protocol.manifest import Manifest
from protocol.messages.provides import Provides


class Spawner:
    """Starts processes of one package."""

    def __init__(self, package: Package, grants: Grants, environment: Environment) -> None:
        self._package = package
        self._grants = grants
        self._env = environment

    @property
    def manifest(self) -> Manifest:
        """What the plugin says about itself."""
        return self._package.manifest

    async def spawn(self) -> Session:
        """Start a process and write it down; the session has not begun to live.

        Raises:
            SpawnError: There is no process.
        """
        session_id = new_session_id()
        manifest, debugging = self._package.manifest, self._env.debugging
        try:
            space = self._env.spaces.of(manifest.id)
        except OSError as exc:
            raise SpawnError(f"its folders can't be made: {exc}") from exc
        extra = {
            "PLUGHOST_DATA_DIR": str(space.data),
            "PLUGHOST_CACHE_DIR": str(space.cache),
            "PLUGHOST_PACKAGE_DIR": str(self._package.folder),
        }
        if not manifest.command:
            extra[SHELF] = str(self._env.shelf)
            if debugging is not None:
                manifest = debugging.allowed(manifest)
                extra |= debugging.environment()
        program = program_for(manifest, self._package.folder, session_id, extra)
        now = self._env.shared.clock.monotonic
        began_s = now()
        process = await self._env.launcher.spawn(session_id, program)
        # No await from here to the session's own scope, or a cancellation would leak the process.
        self._env.journal.opened(session_id, PluginId(manifest.id), process.pid)

        def config(provides: Provides) -> Mapping[str, Any]:
            return self._env.inputs.given(self._package, provides.config_schema)

        session = Session(manifest, session_id, process, config, self._grants, self._env.shared)
        session.timings["spawn"] = now() - began_s
        if debugging is not None:
            self._env.tasks.start_soon(debugging.put_off, session.peer.outgoing.stretch, process.exited.done)
        return session

    def buried(self, session: Session) -> None:
        """Strike a session's process out: it is gone, with all its descendants."""
        self._env.journal.closed(session.id)
