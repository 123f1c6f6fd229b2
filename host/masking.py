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

MAX_SECRETS: Final = 10_000
"""Needles that are kept; those that came first go first."""

_SECRET = re.compile(r"key|token|password|secret", re.IGNORECASE)


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
            while len(self._needles) > MAX_SECRETS:
                del self._needles[next(iter(self._needles))]
            longest_first = sorted(self._needles, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def cleared(self, text: str) -> str:
        """Return the text with every known secret replaced."""
        pattern = self._pattern
        return text if pattern is None else pattern.sub(MASK, text)

    def cleared_value(self, value: Any) -> Any:
        """Return a value of JSON's kinds with every known secret in it replaced, also in keys."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.cleared(value)
        if isinstance(value, Mapping):
            table = cast("Mapping[Any, Any]", value)
            return {self.cleared_value(key): self.cleared_value(item) for key, item in table.items()}
        if isinstance(value, list | tuple):
            return [self.cleared_value(item) for item in cast("Iterable[Any]", value)]
        if isinstance(value, int | float) and not isinstance(value, bool):
            text = str(value)
            return value if self.cleared(text) == text else MASK
        return value


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
