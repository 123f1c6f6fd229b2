"""Shown: values of plugins as front ends may show them: no control characters, no secrets, bounded."""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from host.logs import clean
from host.masking import known

MAX_CHARS: Final = 1024 * 1024


def shown(value: Any) -> Any:
    """Return a value of JSON's kinds with clean texts, also in keys, and without known secrets."""
    return _cleaned(known.cleared_value(msgspec.to_builtins(value, enc_hook=str, str_keys=True)))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return "\n".join(clean(line) for line in value[:MAX_CHARS].split("\n"))
    if isinstance(value, Mapping):
        table = cast("Mapping[str, Any]", value)
        return {clean(str(key)): _cleaned(item) for key, item in table.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in cast("list[Any]", value)]
    return value
