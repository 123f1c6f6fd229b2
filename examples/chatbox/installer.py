"""Installer: plugins that come as one JSON text, and newer versions of them."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.version import Version

from host import Limits, LoadFailed, PluginHost
from host.manifest import Package, unpack_blob
from protocol.manifest import Manifest


class Installer:
    def __init__(self, host: PluginHost, plugins: Path, backups: Path, sandbox: Limits) -> None:
        self._host = host
        self._sandbox = sandbox
        self._plugins = plugins
        self._backups = backups
        backups.mkdir(exist_ok=True)

    async def install(self, blob: bytes) -> Manifest:
        """Unpack a plugin, `{"manifest": {...}, "files": {...}}`, and load it.

        Raises:
            ManifestError: The package is wrong; every fault is named, and nothing was written.
            ValueError: It asks for more than the sandbox allows.
            FileExistsError: It is installed already.
        """
        with self._unpacked(blob) as package:
            plugin = package.manifest.id
            if (self._plugins / plugin).exists():
                raise FileExistsError(f"{plugin} is installed already")
            package.folder.rename(self._plugins / plugin)
        await self._load(plugin)
        return package.manifest

    async def update(self, blob: bytes) -> Manifest:
        """Put a newer version in the place of one that is installed; what was there is kept as a backup.

        Raises:
            ManifestError: The package is wrong; nothing has changed.
            ValueError: It is not newer, or asks for more than the sandbox allows; nothing has changed.
            LoadFailed: It could not be loaded; the old version is back.
        """
        with self._unpacked(blob) as package:
            plugin, version = package.manifest.id, package.manifest.version
            old = self._host.plugin(plugin).version
            if Version(version) <= Version(old):
                raise ValueError(f"{plugin} {version} is not newer than {old}")
            place, backup = self._plugins / plugin, self._backups / f"{plugin}-{old}"
            await self._host.unload(plugin, dependants="keep")
            shutil.rmtree(backup, ignore_errors=True)
            place.rename(backup)
            package.folder.rename(place)
        try:
            await self._load(plugin)
        except LoadFailed:
            await self._host.unload(plugin, dependants="keep")
            shutil.rmtree(place)
            shutil.copytree(backup, place)
            await self._load(plugin)
            raise
        return package.manifest

    async def _load(self, plugin: str) -> None:
        await self._host.rescan()
        await self._host.load(plugin)

    @contextmanager
    def _unpacked(self, blob: bytes) -> Generator[Package, None, None]:
        # Beside the plugins, so that a folder can be moved there as a whole.
        with TemporaryDirectory(dir=self._plugins.parent) as staging:
            package = unpack_blob(blob, Path(staging) / "plugin", "package", self._sandbox)
            limits = package.manifest.limits
            if limits.memory_bytes > self._sandbox.memory_bytes or limits.cpu_cores > self._sandbox.cpu_cores:
                raise ValueError(f"{package.manifest.id} asks for more than the sandbox allows")
            yield package
