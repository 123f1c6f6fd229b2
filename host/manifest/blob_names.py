"""Names of files in a package that comes from elsewhere: which are safe on every file system.

Pure. Whatever unpacks a package asks here for each name, before it writes the first file.
"""

import unicodedata
from typing import Final

MAX_NAME_CHARS: Final = 240
MAX_PART_BYTES: Final = 200
MAX_PARTS: Final = 16

NAME_ALLOWED: Final = (
    f"a relative path such as assets/icon.png, at most {MAX_PARTS} parts and {MAX_NAME_CHARS} characters"
)

_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))}
)
_FORBIDDEN: Final = frozenset('<>:"|?*\\')


class NameBook:
    """The names of one package, as they are met."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def fault(self, name: str) -> str:
        """Take a name in and return an empty text, or say what is allowed in its place."""
        if fault := _fault_of(name):
            return fault
        folded = fold_name(name)
        parts = folded.split("/")
        folders = {"/".join(parts[:length]) for length in range(1, len(parts))}
        if folded in self._files:
            return "each name once, whatever its case or spelling"
        if folded in self._folders or folders & self._files:
            return "a name that is either a file's or a folder's"
        self._files.add(folded)
        self._folders |= folders
        return ""


def fold_name(name: str) -> str:
    """Return what two names share that are one file on some file system."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())


def _fault_of(name: str) -> str:
    if not name or len(name) > MAX_NAME_CHARS:
        return NAME_ALLOWED
    if name.startswith("/"):
        return "a relative path"
    if any(not char.isprintable() or char in _FORBIDDEN or "\ud800" <= char <= "\udfff" for char in name):
        return "printable characters, and / between folders"
    parts = name.split("/")
    if len(parts) > MAX_PARTS or any(len(part.encode()) > MAX_PART_BYTES for part in parts):
        return NAME_ALLOWED
    for part in parts:
        if part in ("", ".", ".."):
            return 'a path without "..", "." or empty parts'
        if part[-1] in ". " or part[0] == " " or part.split(".")[0].casefold() in _DEVICES:
            return "a name that every file system has: no space or dot at its end, no device's name"
    return ""
