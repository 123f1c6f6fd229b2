"""The shelf: a folder with what a Python plugin may import of its host's interpreter, and nothing else.

Links to the SDK and to what it is made of. A plugin has it in place of the host's packages: what a host
happens to have installed is no part of what a plugin may rely on, and neither hinders the other. Its own
packages are its environment's (`plugin_sdk.runtime.entry`).
"""

from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("plugin_sdk", "protocol", "msgspec", "uvloop")
"""The last one where it is installed: plugins run on the loop that their host runs on."""


def fill_shelf(data: Path) -> Path:
    """Have the shelf in the data folder hold the packages of this interpreter; return where it is.

    Raises:
        OSError: It can't be written.
    """
    shelf = data / "sdk"
    shelf.mkdir(mode=0o700, exist_ok=True)
    for package in PACKAGES:
        link = shelf / package
        spec = find_spec(package)
        place = next(iter(spec.submodule_search_locations or ()), None) if spec is not None else None
        if link.is_symlink() and (place is None or str(link.readlink()) != place):
            link.unlink()
        if place is not None and not link.is_symlink():
            link.symlink_to(place, target_is_directory=True)
    return shelf
