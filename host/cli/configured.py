"""Plugins' configuration at rest: what the command line works on while no host holds the data folder."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread

from host.clock import SystemClock
from host.errors import AlreadyRunning, ManifestError, PluginNotFound
from host.manifest import Package, discover
from host.paths import default_data_folder
from host.services.configuration import Configuration
from host.services.configuration_book import Plugins
from host.services.configuration_schema import Schema
from host.settings import Settings
from host.state.lock import open_data_folder


def secret_settings(settings: Settings) -> set[str]:
    """Return the names of the host's settings that are secrets by the schemas of their plugins."""
    if not settings.config:
        return set()
    found = discover(settings.plugins, settings.limits)
    schemas = {package.manifest.id: Schema(package.manifest.config_schema) for package in found.packages}
    return {
        f"config.{plugin}.{key}"
        for plugin, table in settings.config.items()
        for key, value in table.items()
        if plugin in schemas and schemas[plugin].secrets({key: value})
    }


@asynccontextmanager
async def configuration_at_rest(settings: Settings) -> AsyncGenerator[Configuration]:
    """Yield the configuration of the plugins that the settings name, with the data folder locked.

    Raises:
        AlreadyRunning: A host holds the folder; it must be asked instead.
    """
    found = await anyio.to_thread.run_sync(discover, settings.plugins, settings.limits)
    packages: Mapping[str, Package] = {package.manifest.id: package for package in found.packages}

    def package(plugin: str) -> Package:
        if plugin in packages:
            return packages[plugin]
        for folder, error in found.broken:
            if folder.name == plugin:
                raise ManifestError(str(folder), error.faults)
        raise PluginNotFound(plugin, [name for name in packages if plugin[:3] == name[:3]])

    async def no_restart(plugin: str) -> None:
        """Nothing runs."""

    place = settings.data or default_data_folder()
    try:
        with open_data_folder(Path(place)) as folder:
            plugins = Plugins(lambda: packages, package, lambda plugin: None, no_restart)
            configuration = Configuration(plugins, settings.config, SystemClock())
            try:
                await configuration.open(folder.path, None)
                yield configuration
            finally:
                await configuration.aclose()
    except AlreadyRunning as exc:
        exc.remedy = "stop that host first, or change it through that host: host.configuration.set(...)"
        raise
