"""Sizes and processor shares as people write them: `512m`, `2Gi`, `1000m`, 0.5.

Owns the two grammars and the way back to text. Does not know which limit a figure belongs to, nor what
is sensible for it: manifests and the host's settings read theirs here, so that both understand the same.
"""

import math
import re
from decimal import Decimal
from typing import Final

SIZE_ALLOWED: Final = (
    'a number of bytes from 1 to 2^60, or a text such as "512m", "64 KiB" or "2Gi" '
    "(k, m, g and t count in 1024s; Ki, KiB, KB mean the same as k)"
)
CORES_ALLOWED: Final = (
    'a number of cores over 0 and up to 4096, such as 0.5 or 2, or thousandths such as "1000m"'
)

MAX_SIZE_BYTES: Final = 2**60
"""An exbibyte. Twice a size must fit a kernel limit's signed 64 bits."""

MAX_CORES: Final = 4096.0
"""More than any machine has; a larger figure is a slip, such as thousandths without their `m`."""

_SIZE = re.compile(r"([0-9]{1,19}(?:\.[0-9]{1,9})?) ?(?:([kmgt])i?b?|b)?", re.IGNORECASE | re.ASCII)
_CORES = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(m?)", re.ASCII)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_size(value: str | int) -> int:
    """Return a size in bytes, at least 1; a fraction of a byte is dropped.

    Raises ValueError that says what is allowed.
    """
    if isinstance(value, str):
        match = _SIZE.fullmatch(value.strip())
        if match is None:
            raise ValueError(SIZE_ALLOWED)
        size_bytes = int(Decimal(match[1]) * 1024 ** _POWERS[(match[2] or "").lower()])
    elif isinstance(value, int) and not isinstance(value, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
        size_bytes = value
    else:
        raise ValueError(SIZE_ALLOWED)  # documents bring other types, whatever the annotation says
    if not 1 <= size_bytes <= MAX_SIZE_BYTES:
        raise ValueError(SIZE_ALLOWED)
    return size_bytes


def parse_cores(value: str | int | float) -> float:
    """Return a processor share in cores, over 0.

    Raises ValueError that says what is allowed.
    """
    if isinstance(value, str):
        match = _CORES.fullmatch(value.strip())
        if match is None:
            raise ValueError(CORES_ALLOWED)
        cores = float(match[1]) / (1000.0 if match[2] else 1.0)
    elif isinstance(value, int | float) and not isinstance(value, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
        # An integer may be too long for a float; past the bound its exact value does not matter.
        cores = float(value) if abs(value) <= MAX_CORES else math.inf
    else:
        raise ValueError(CORES_ALLOWED)
    if not 0.0 < cores <= MAX_CORES:
        raise ValueError(CORES_ALLOWED)
    return cores


def format_size(size_bytes: int) -> str:
    """Return a size for people, in the largest unit that it fills: `128 MiB`, `1.5 GiB`, `0 B`."""
    if abs(size_bytes) < 1024:
        return f"{size_bytes} B"
    figure = float(size_bytes)
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        figure /= 1024
        # From 1023.95 on, rounding to one place would show 1024 of this unit.
        if abs(figure) < 1023.95 or unit == "TiB":
            return f"{figure:.1f}".removesuffix(".0") + f" {unit}"
    raise AssertionError("the last unit takes everything")
