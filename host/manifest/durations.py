"""Durations as people write them in manifests: `"5s"`, `"500ms"`, `"24h"`, or a number of milliseconds."""

import re
from typing import Annotated, Final

from pydantic import PlainValidator

DURATION_ALLOWED: Final = 'a text such as "500ms", "5s", "2m" or "24h", or a number of milliseconds'
MAX_DURATION_S: Final = 366 * 86_400.0

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?(ms|s|m|h|d)", re.ASCII)
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def parse_duration(value: object) -> float:
    """Return seconds, over 0. Raises ValueError that says what is allowed."""
    match value:
        case bool():
            raise ValueError(DURATION_ALLOWED)
        case int() | float():
            seconds = min(value, 1e15) / 1000
        case str() if found := _DURATION.fullmatch(value.strip()):
            seconds = float(found[1]) * _SECONDS[found[2]]
        case _:
            raise ValueError(DURATION_ALLOWED)
    if not 0.001 <= seconds <= MAX_DURATION_S:
        raise ValueError(f"{DURATION_ALLOWED}, from a millisecond to a year")
    return seconds


Duration = Annotated[float, PlainValidator(parse_duration, json_schema_input_type=str | float)]
