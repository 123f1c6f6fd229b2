"""What may not be shown: values whose names say that they are secret, and the secrets that are known.

`known` holds the secrets of every plugin's configuration in this process; whatever leaves the host as text
(log lines, errors, stderr of plugins) goes through `cleared`. It costs next to nothing while none is known.
"""

import json
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast
from urllib.parse import quote

MASK: Final = "•••"

MIN_SECRET_CHARS: Final = 6
"""Shorter values are not looked for: they are part of too much that is no secret."""

MIN_BEGUN_CHARS: Final = 4
"""Beginnings of secrets at the end of a cut text that are replaced."""

MAX_SECRETS: Final = 10_000
"""Needles that are kept; those that came first go first."""

_SECRET = re.compile(r"key|token|password|secret", re.IGNORECASE)


SECRET_BODIES: Final = frozenset({"plugin.load", "plugin.configure", "config.get", "config.set", "ui.prompt"})
"""Methods whose bodies hold configuration, or what was typed for a prompt, and with it secrets that are too
short to be looked for."""

HIDDEN_BODY: Final = "(may hold secrets, and is not shown here)"

_NAMED: Final = re.compile(
    r'("[^"\\]*(?:token|password|secret)[^"\\]*"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE
)


def masked_body(value: Any, name: str = "") -> Any:
    """Return a message's value without what is known, or named, to be secret; `key` alone names none."""
    if name != "key" and value is not None and is_secret_name(name):
        return MASK
    if isinstance(value, Mapping):
        table = cast("Mapping[str, Any]", value)
        return {known.cleared_value(key): masked_body(item, key) for key, item in table.items()}
    if isinstance(value, list | tuple):
        return [masked_body(item) for item in cast("list[Any]", value)]
    return known.cleared_value(value)


def masked_beginning(text: bytes, chars: int) -> str:
    """Return the beginning of a message's text without what is known, or named, to be secret."""
    shown = known.cleared(text[:chars].decode(errors="replace"), cut=True)
    return _NAMED.sub(rf'\1"{MASK}"', shown)


def is_secret_name(name: str) -> bool:
    """Return whether a name says that its value is secret."""
    return _SECRET.search(name) is not None


def masked(key: str, value: object) -> object:
    """Return a value as it may be shown under this name."""
    if _SECRET.search(key):
        return MASK
    if isinstance(value, Mapping):
        return {k: masked(str(k), v) for k, v in cast("Mapping[Any, object]", value).items()}
    if isinstance(value, list | tuple):
        return [masked("", item) for item in cast("Iterable[object]", value)]
    return value


class KnownSecrets:
    """Secrets to look for in text. Values that were replaced stay known: an old line may still hold them."""

    def __init__(self) -> None:
        self._needles: dict[str, None] = {}
        self._pattern: re.Pattern[str] | None = None
        self.step = 0
        """Grows whenever something is learnt."""
        self.longest_bytes = 0
        """Of the longest one that is looked for."""
        self._lock = threading.Lock()

    def learn(self, values: Iterable[str]) -> None:
        """Look for these from now on, also as JSON, as a URL and as Python write them."""
        with self._lock:
            before = len(self._needles)
            for value in values:
                for form in _forms(value):
                    self._needles.setdefault(form)
            if len(self._needles) == before:
                return
            self.step += 1
            while len(self._needles) > MAX_SECRETS:
                del self._needles[next(iter(self._needles))]
            self.longest_bytes = max(len(needle.encode()) for needle in self._needles)
            longest_first = sorted(self._needles, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def cleared(self, text: str, *, cut: bool = False) -> str:
        """Return the text with every known secret replaced; of a `cut` text, also one that its end begins."""
        pattern = self._pattern
        if pattern is None:
            return text
        text = pattern.sub(MASK, text)
        return self._without_beginning(text) if cut else text

    def beginning(self, text: str, chars: int) -> str:
        """Return at most so many characters of a text, with every known secret replaced.

        Also one that lies across the cut, or that whoever sent the text cut off at the same length.
        """
        return self.cleared(text, cut=len(text) >= chars)[:chars]

    def cleared_bytes(self, text: bytes) -> bytes:
        """Return the bytes with every known secret replaced."""
        pattern = self._pattern
        if pattern is None:
            return text
        found = text.decode(errors="surrogateescape")
        return pattern.sub(MASK, found).encode(errors="surrogateescape")

    def cleared_value(self, value: Any) -> Any:
        """Return a value of JSON's kinds with every known secret in it replaced, also in keys.

        What is nested too deeply to be looked through is replaced as a whole.
        """
        if self._pattern is None:
            return value
        try:
            return self._cleared_value(value)
        except RecursionError:
            return MASK

    def _cleared_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.cleared(value)
        if isinstance(value, Mapping):
            table = cast("Mapping[Any, Any]", value)
            return {self._cleared_value(key): self._cleared_value(item) for key, item in table.items()}
        if isinstance(value, list | tuple):
            items = [self._cleared_value(item) for item in cast("Iterable[Any]", value)]
            return tuple(items) if isinstance(value, tuple) else items
        if isinstance(value, int | float) and not isinstance(value, bool):
            text = str(value)
            return value if self.cleared(text) == text else MASK
        return value

    def _without_beginning(self, text: str) -> str:
        best = 0
        for needle in [*self._needles]:
            for length in range(min(len(needle) - 1, len(text)), max(best, MIN_BEGUN_CHARS - 1), -1):
                if text.endswith(needle[:length]):
                    best = length
                    break
        return text[:-best] + MASK if best else text


known: Final = KnownSecrets()
"""Those of this process."""


def _forms(value: str) -> set[str]:
    lines = {value, *value.splitlines()}
    forms: set[str] = set()
    for line in lines:
        line = line.strip()
        if len(line) >= MIN_SECRET_CHARS:
            forms |= {line, json.dumps(line)[1:-1], json.dumps(line, ensure_ascii=False)[1:-1]}
            forms |= {repr(line)[1:-1], quote(line), quote(line, safe="")}
    return forms
