"""Where the host's files are when nobody says otherwise, and what a written path means.

Owns the one question after the operating system's customs. Creates nothing: that is `host.state`.
"""

import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from host.errors import SettingsError

_NAME = "plughost"

_NETWORK: Final = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "sshfs",
        "fuse.sshfs",
    }
)
_MOUNTS: Final = Path("/proc/self/mountinfo")


def default_data_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return where a host keeps its data. Raises SettingsError where the user has no home folder."""
    return _user_folder("XDG_DATA_HOME", (".local", "share"), environ)


def default_config_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return where `plughost.toml` is looked for. Raises SettingsError where the user has no home folder."""
    return _user_folder("XDG_CONFIG_HOME", (".config",), environ)


def platform_name() -> str:
    """Return what this host runs on, for people: system, release, machine."""
    return platform.platform()


def system_without_warden() -> str:
    """Return the system's name if no warden can run on it; empty if one can."""
    return "" if sys.platform == "linux" else sys.platform


def written_path(text: str, base: Path, environ: Mapping[str, str] | None = None) -> Path:
    """Return the path that a person wrote: `~` is their home folder, a relative one starts at `base`."""
    if text == "~" or text.startswith("~/"):
        return _home(os.environ if environ is None else environ) / text[2:]
    return base / text


def _user_folder(variable: str, fallback: tuple[str, ...], environ: Mapping[str, str] | None) -> Path:
    environ = os.environ if environ is None else environ
    if sys.platform == "darwin":
        return _home(environ) / "Library" / "Application Support" / _NAME
    named = Path(environ.get(variable, ""))
    # The XDG specification has relative values ignored.
    return (named if named.is_absolute() else _home(environ).joinpath(*fallback)) / _NAME


def _home(environ: Mapping[str, str]) -> Path:
    if environ.get("HOME"):
        return Path(environ["HOME"])
    try:
        return Path.home()
    except RuntimeError as exc:
        raise SettingsError(
            "this user has no home folder", remedy="set HOME, or say where the data folder is"
        ) from exc


def network_file_system(folder: Path, mounts: Path = _MOUNTS) -> str:
    """Return the kind of network file system that a folder lies on; empty if on none, or unknown."""
    try:
        resolved = folder.resolve()
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        head, _, tail = line.partition(" - ")
        fields, described = head.split(), tail.split()
        if len(fields) < 5 or not described:
            continue
        place = Path(fields[4].replace("\\040", " "))
        # Of mounts on one place the last one counts.
        if resolved.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), described[0]
    return kind if kind in _NETWORK else ""
