"""Discovery: which plugins lie in the places that the host was given.

Owns what counts as a plugin folder and that ids are unique. Looks one level deep and runs nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from host.errors import Fault, ManifestError
from host.ids import fold_id
from host.manifest.faults import show, show_name
from host.manifest.package import Package, find_manifest, read_package
from protocol.manifest import Limits


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found, in the order of the places and of the folders' names in each."""

    packages: tuple[Package, ...]
    broken: tuple[tuple[Path, ManifestError], ...]
    """Folders and places that can't be used, and why."""


def discover(places: Iterable[Path], defaults: Limits = Limits()) -> Discovery:  # noqa: B008 - Limits is frozen
    """Read every plugin of the places: each is a plugin folder, or a folder of plugin folders.

    Folders without a manifest, hidden ones and `__pycache__` are passed over. A folder that is reached twice,
    through links too, counts once. Of two plugins whose ids fold to the same, the second is broken.
    """
    packages: dict[str, Package] = {}
    broken: list[tuple[Path, ManifestError]] = []
    seen: set[Path] = set()
    for place in places:
        try:
            folders = list(_plugin_folders(place))
        except (OSError, RuntimeError) as exc:  # RuntimeError: a loop of links, before Python 3.13
            broken.append((place, _place_error(place, exc)))
            continue
        for folder in folders:
            try:
                resolved = folder.resolve()
                if resolved in seen:
                    continue
                seen.add(resolved)
                package = read_package(folder, defaults)
            except ManifestError as exc:
                broken.append((folder, exc))
                continue
            first = packages.setdefault(fold_id(package.manifest.id), package)
            if first is not package:
                broken.append((folder, _duplicate_error(package, first)))
    return Discovery(tuple(packages.values()), tuple(broken))


def _plugin_folders(place: Path) -> Iterator[Path]:
    if find_manifest(place) is not None:
        yield place
        return
    for child in sorted(place.iterdir()):
        if child.name.startswith(".") or child.name == "__pycache__":
            continue
        if _is_plugin(child):
            yield child


def _is_plugin(child: Path) -> bool:
    try:
        return child.is_dir() and find_manifest(child) is not None
    except PermissionError:
        return True  # reading it tells why it can't be used
    except (OSError, RuntimeError):
        return False


def _place_error(place: Path, exc: Exception) -> ManifestError:
    match exc:
        case FileNotFoundError():
            found = "nothing"
        case NotADirectoryError():
            found = "a file"
        case OSError():
            found = exc.strerror or type(exc).__name__
        case _:
            found = "a loop of links"
    name = show_name(place)
    return ManifestError(name, [Fault(name, "", found, "a plugin folder, or a folder of plugin folders")])


def _duplicate_error(package: Package, first: Package) -> ManifestError:
    key = "id" if package.file.suffix == ".toml" else "name"
    allowed = f"an id of its own; {show_name(first.folder)} has {show(first.manifest.id)} already"
    fault = Fault(package.file.name, key, show(package.manifest.id), allowed)
    return ManifestError(show_name(package.folder), [fault])
