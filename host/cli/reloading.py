"""Reloading: what `plughost run` does on SIGHUP, and when a front end asks it to look for plugins again.

Owns which settings count at once and which need a restart. Faulty settings leave everything as it is.
"""

import logging
from collections.abc import Callable

import anyio

from host.cli.hosting import start_logging
from host.errors import PlughostError
from host.facade.pages import ReloadPage
from host.plugin_host import PluginHost
from host.settings import Settings

logger = logging.getLogger(__name__)

NEED_RESTART = (
    "data",
    "autoload",
    "warden",
    "polling",
    "limits",
    "storage_quota_bytes",
    "rate_limits",
    "events",
    "email",
)
"""Attributes of the settings that are looked at only when a host is built."""


class Reloading:
    """Of one host that runs."""

    def __init__(self, host: PluginHost, settings: Settings, read: Callable[[], Settings]) -> None:
        """`read` reads the settings as they were read for the start; `settings` are those."""
        self._host = host
        self._built_with = settings
        self._settings = settings
        self._read = read
        self._turn = anyio.Lock()

    async def reload(self) -> ReloadPage:
        """Read the settings again, apply what can be, and look for plugins again.

        Raises:
            SettingsError, InvalidConfiguration: They are faulty; the old ones go on.
        """
        async with self._turn:
            return await self._reload()

    async def reload_and_tell(self) -> None:
        """Do the same, and tell the log what came of it, also where it failed."""
        try:
            page = await self.reload()
        except PlughostError as exc:
            logger.error("the settings were not reloaded, the old ones go on: %s", exc)
            return
        told = {"applied": page.applied, "found": page.found, "gone": page.gone}
        fields = {name: ",".join(values) for name, values in told.items() if values}
        logger.info("the settings were read again", extra={"fields": fields})
        if page.needs_restart:
            logger.warning(
                "settings changed that count once the host is started anew",
                extra={"fields": {"settings": ",".join(page.needs_restart)}},
            )

    async def _reload(self) -> ReloadPage:
        old, new = self._settings, await anyio.to_thread.run_sync(self._read)
        configured = await self._host.configuration.reread(new.config)
        applied = [f"config.{plugin}" for plugin in configured]
        first = self._built_with
        waiting = [name for name in NEED_RESTART if getattr(first, name) != getattr(new, name)]
        if (new.log.file_bytes, new.log.files) != (first.log.file_bytes, first.log.files):
            waiting.append("log.files")
        for name in ("level", "format", "path"):
            if getattr(old.log, name) != getattr(new.log, name):
                applied.append(f"log.{name}")
        start_logging(new)
        places = new.plugins if new.plugins != old.plugins else None
        if places is not None:
            applied.append("plugins")
        self._settings = new
        page = await self._host.rescan(places)
        return ReloadPage(
            applied=tuple(applied), needs_restart=tuple(waiting), found=page.found, gone=page.gone
        )
