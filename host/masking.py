"""What may not be shown: values whose names say that they are secret, however deep they lie."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

MASK: Final = "•••"

_SECRET = re.compile(r"key|token|password|secret", re.IGNORECASE)


def masked(key: str, value: object) -> object:
    """Return a value as it may be shown under this name."""
    if _SECRET.search(key):
        return MASK
    if isinstance(value, Mapping):
        return {k: masked(str(k), v) for k, v in cast("Mapping[Any, object]", value).items()}
    if isinstance(value, list | tuple):
        return [masked("", item) for item in cast("Iterable[object]", value)]
    return value
