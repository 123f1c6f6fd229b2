"""`self.paths`: folders that are this plugin's. Without the SDK: `PLUGHOST_DATA_DIR` and so on."""

import os
from pathlib import Path

from plugin_sdk.api.host import Link


class Paths:
    """Its folders, as absolute paths."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def data(self) -> Path:
        """What it keeps: survives restarts and updates, and no other user can read it."""
        return _folder("PLUGHOST_DATA_DIR")

    @property
    def cache(self) -> Path:
        """What it may lose: the host may empty it while the plugin does not run."""
        return _folder("PLUGHOST_CACHE_DIR")

    @property
    def package(self) -> Path:
        """The plugin as it was installed: its code, `assets/` and so on. To be read only."""
        return _folder("PLUGHOST_PACKAGE_DIR")


def _folder(variable: str) -> Path:
    try:
        return Path(os.environ[variable])
    except KeyError:
        raise RuntimeError(f"{variable} is not set: this plugin was not started by a Plughost host") from None
