"""Shelf: packages that an operator put by, `NAME-VERSION.json`, and what is installed from them."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from host import PluginHost
from host.manifest import pack_blob, read_package, unpack_blob


class Shelf:
    def __init__(self, host: PluginHost, shelf: Path, installed: Path) -> None:
        self._host = host
        self._shelf = shelf
        self._installed = installed
        shelf.mkdir(exist_ok=True)

    def put(self, folder: Path) -> Path:
        """Package a plugin's folder and put it by. Raises ManifestError where it is no good."""
        manifest = read_package(folder).manifest
        file = self._shelf / f"{manifest.id}-{manifest.version}.json"
        file.write_bytes(pack_blob(folder))
        return file

    async def install(self, name: str, version: str) -> None:
        """Unpack and load a plugin.

        Raises:
            FileNotFoundError: There is no such package.
            FileExistsError: It is installed already.
            ManifestError, LoadFailed: It is no good, or does not start.
        """
        file = self._shelf / f"{name}-{version}.json"
        if file.parent != self._shelf or not file.is_file():
            raise FileNotFoundError(f"no package {name} {version} on the shelf")
        # Beside the plugins, so that the folder can be moved there as a whole.
        with TemporaryDirectory(dir=self._installed.parent) as staging:
            package = unpack_blob(file.read_bytes(), Path(staging) / "plugin", file.name)
            place = self._installed / package.manifest.id
            if place.exists():
                raise FileExistsError(f"{name} is installed already")
            package.folder.rename(place)
        await self._host.rescan()
        await self._host.load(name)

    async def uninstall(self, name: str) -> None:
        """Stop a plugin that was installed from here, and remove it. Raises PluginNotFound, LookupError."""
        self._host.plugin(name)
        place = self._installed / name
        if not place.is_dir():
            raise LookupError(f"{name} was not installed from the shelf")
        await self._host.unload(name)
        shutil.rmtree(place)
        await self._host.rescan()
