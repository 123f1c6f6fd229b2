"""Standing: what is kept about one plugin over restarts of the host, and what follows from it for a start.

Enabled or not, what the operator last wanted, and the quarantine with the digest of the package that earned
it. A change counts at once; `keep` returns when it is on the disk, and until then nobody is told that it was
done.
"""

from pathlib import Path

import anyio.to_thread

from host.clock import Clock
from host.errors import Disabled, Quarantined
from host.facade import Wanted
from host.ids import PluginId
from host.manifest import package_digest
from host.state.records import PluginRecord, Quarantine, Records
from host.supervision.states import State


class Standing:
    """One plugin's record."""

    def __init__(self, plugin: PluginId, folder: Path, records: Records, clock: Clock) -> None:
        self._plugin = plugin
        self._folder = folder
        self._records = records
        self._clock = clock
        record = records.get(plugin)
        self.enabled = record.enabled
        self.wanted: Wanted | None = record.wanted
        self._quarantine = record.quarantine
        self.grants = record.grants

    @property
    def quarantine_reason(self) -> str | None:
        """Why the plugin is in quarantine; None if it is not."""
        return None if self._quarantine is None else self._quarantine.reason

    @property
    def at_rest(self) -> State:
        """The state of the plugin while nothing runs and nothing is wrong."""
        return State.DISCOVERED if self.enabled else State.DISABLED

    async def keep(self) -> None:
        """Write down what has changed. Raises OSError; what was changed counts nevertheless."""
        await self._records.put(
            self._plugin, PluginRecord(self.enabled, self.wanted, self._quarantine, self.grants)
        )

    async def enter_quarantine(self, reason: str) -> None:
        """Put the package as it is now into quarantine, and keep that. Raises OSError, as `keep` does."""
        self._quarantine = Quarantine(self._clock.wall(), reason, await self._digest())
        await self.keep()

    def leave_quarantine(self) -> None:
        """Forget the quarantine."""
        self._quarantine = None

    async def package_changed(self) -> bool:
        """Tell whether the package is no longer the one that is in quarantine."""
        quarantine = self._quarantine
        return quarantine is not None and await self._digest() != quarantine.digest

    def check_enabled(self) -> None:
        """Raise Disabled for a disabled plugin."""
        if not self.enabled:
            raise self.disabled_error()

    def disabled_error(self) -> Disabled:
        """Return the error for whoever wants to use a disabled plugin."""
        return Disabled(f"plugin {self._plugin!r} is disabled", plugin=self._plugin)

    def quarantined_error(self) -> Quarantined:
        """Return the error for whoever wants to use a plugin in quarantine."""
        reason = self.quarantine_reason or "no reason was kept"
        return Quarantined(f"plugin {self._plugin!r} is in quarantine: {reason}", plugin=self._plugin)

    async def _digest(self) -> str:
        return await anyio.to_thread.run_sync(package_digest, self._folder)
