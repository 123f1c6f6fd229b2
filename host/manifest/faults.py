"""Faults: what is wrong with one plugin folder, collected until everything has been looked at.

Owns how a found value and a place in a document are shown: shortened, and safe for a terminal. What is a
fault is decided by those who read.
"""

import difflib
import re
import reprlib
from collections.abc import Callable, Iterable

from host.errors import Fault, ManifestError

FOUND_CHARS = 80
"""Longest text of a found value in a fault."""

NOTHING = "nothing"
"""What is found where something is missing."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_$-]{1,64}\Z")

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = FOUND_CHARS
_repr.maxlist = _repr.maxdict = 4
_repr.maxlevel = 3


class FaultList:
    """The faults of one folder. `file` is the document that a fault is about unless it names another."""

    def __init__(self, folder: str, file: str) -> None:
        self.file = file
        self._folder = folder
        self._faults: list[Fault] = []
        self.warnings: list[str] = []
        """What is understood but has no effect, or another one than its author may think."""

    def __len__(self) -> int:
        return len(self._faults)

    def add(self, path: str, found: str, allowed: str, *, file: str = "") -> None:
        """Note one fault. A place that has one already keeps its first: the others follow from it."""
        file = file or self.file
        if path and any((fault.file, fault.path) == (file, path) for fault in self._faults):
            return
        self._faults.append(Fault(file, path, found, allowed))

    def warn(self, sentence: str) -> None:
        """Note what is no fault and yet worth saying."""
        self.warnings.append(f"{self.file}: {sentence}")

    def take(self, other: "FaultList") -> None:
        """Note what another list has."""
        self._faults += other._faults

    def drop(self, follows: Callable[[Fault], bool]) -> None:
        """Forget faults that only follow from another one."""
        self._faults = [fault for fault in self._faults if not follows(fault)]

    def as_error(self) -> ManifestError:
        """Return the error that tells all of them."""
        return ManifestError(self._folder, self._faults)


def show(value: object) -> str:
    """Return a found value as text of at most `FOUND_CHARS`, its control characters escaped."""
    try:
        text = _repr.repr(value)
    except ValueError:  # Python refuses to spell out integers of many digits
        return "an integer too long to show"
    return text if len(text) <= FOUND_CHARS else text[: FOUND_CHARS - 3] + "..."


def show_path(parts: Iterable[object]) -> str:
    """Return a place inside a document as dotted text; a key with unusual characters is quoted."""
    return ".".join(text if _PLAIN_KEY.match(text := str(part)) else show(text) for part in parts)


def show_name(name: object) -> str:
    """Return a file's name as text; one with control characters is escaped."""
    text = str(name)
    return text if text.isprintable() else repr(text)


def near(word: str, names: Iterable[str]) -> str:
    """Return a hint that names up to three similar ones, or all of them if none is."""
    names = sorted(names)
    close = difflib.get_close_matches(word[:64], names, n=3, cutoff=0.75)
    return f"did you mean {' or '.join(close)}?" if close else f"one of {', '.join(names)}"
