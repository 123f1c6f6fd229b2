"""Requirements: whether what a manifest needs is there, in sentences for the operator.

Owns the comparison. Installs nothing, and plugins among themselves are ordered elsewhere.
"""

import importlib.metadata
import platform
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from host.ids import fold_id
from host.manifest.ranges import OR, fits
from protocol.manifest import Manifest
from protocol.version import RELEASE

_COMES_ALONG: Final = frozenset({"msgspec", "plughost", "plughost-sdk", "uvloop"})
"""Distributions that a plugin has from its host; see `host.process.shelf`."""


def unmet_requirements(
    manifest: Manifest, folder: Path, *, application: str = "", application_version: str = ""
) -> list[str]:
    """Return one sentence for each thing that is missing or of the wrong version; empty if all is there.

    A range for an application other than the one that embeds the host is passed over: it speaks of another
    place where the plugin runs. Packages are looked up where the plugin will import them from: in the `.venv`
    of its folder. Those of a program in any language (`command`) are its own business.
    """
    return list(_unmet(manifest, folder, application, application_version))


def install_lines(manifest: Manifest, folder: Path) -> dict[str, str]:
    """Return the Python packages that a plugin lacks, each with the line that installs it."""
    return {needed: line for needed, _, line in _unmet_packages(manifest, folder)}


def _unmet(manifest: Manifest, folder: Path, application: str, application_version: str) -> Iterator[str]:
    requires = manifest.requires
    if not _fits(requires.plughost, RELEASE):
        yield f"needs Plughost {requires.plughost}, and this is {RELEASE}"
    running = platform.python_version()
    if not _fits(requires.python, running):
        yield f"needs Python {requires.python}, and this is {running}"
    for name, versions in requires.application.items():
        if fold_id(name) != fold_id(application) or not versions:
            continue
        if not application_version:
            yield f"needs {name} {versions}, and the host was not told which version of it runs"
        elif not _fits(versions, application_version):
            yield f"needs {name} {versions}, and this is {application_version}"
    for needed, found, line in _unmet_packages(manifest, folder):
        yield f"needs the Python package {needed}, and {found}; run: {line}"


def _unmet_packages(manifest: Manifest, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield each package that is needed and not there, what is there, and the line that installs it."""
    if manifest.command:
        return
    for name, versions in manifest.package_dependencies.items():
        distribution = Requirement(name).name
        needed = f"{name}{versions}"
        installed = _installed_version(distribution, folder)
        if installed is not None and _fits(versions, installed):
            continue
        found = "it is not installed" if installed is None else f"{installed} is installed"
        # pip takes no alternatives; the last one is the newest as people write them.
        yield needed, found, _install(folder, f"{name}{versions.rpartition(OR)[2]}")


def _fits(versions: str, version: str) -> bool:
    try:
        return not versions or fits(versions, version)
    except InvalidVersion:
        return False


def _installed_version(distribution: str, folder: Path) -> str | None:
    places = [str(_site_packages(folder))]
    if canonicalize_name(distribution) in _COMES_ALONG:
        places += sys.path
    for found in importlib.metadata.distributions(name=distribution, path=places):
        # Damaged metadata reads as None, whatever the stub says.
        version: str | None = found.version
        return version
    return None


def _site_packages(folder: Path) -> Path:
    version = sys.version_info
    return folder / ".venv" / "lib" / f"python{version.major}.{version.minor}" / "site-packages"


def _install(folder: Path, needed: str) -> str:
    environment = folder / ".venv"
    install = shlex.join([str(environment / "bin" / "pip"), "install", needed])
    if _site_packages(folder).is_dir():
        return install
    version = sys.version_info
    python = f"python{version.major}.{version.minor}"
    return f"{shlex.join([python, '-m', 'venv', str(environment)])} && {install}"
