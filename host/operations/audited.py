"""Audited: a verb of the facade tells the audit that it was asked for, and what came of it.

Owns which parameters are shown there. Where it is kept is the facade's `tell_audit`.
"""

import functools
import inspect
from collections.abc import Callable
from types import CoroutineType
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

from host.errors import PlughostError
from host.facade.facade import wire_name


class Audits(Protocol):
    """Whoever has verbs."""

    def tell_audit(self, name: str, told: dict[str, Any], outcome: str) -> None:
        """Keep that a verb was asked for, and what came of it."""
        ...


_A = TypeVar("_A", bound=Audits)
_P = ParamSpec("_P")
_R = TypeVar("_R")

AUDITED: Final = frozenset(
    {"plugin", "method", "name", "key", "permission", "revision", "unset", "dependants", "topic", "problem",
     "prompt", "seconds", "path", "ids", "principal", "permissions"}
)  # fmt: skip
"""Parameters whose values are shown in the audit; of others only that they were given: they may be secret."""


def audited(
    function: Callable[Concatenate[_A, _P], "CoroutineType[Any, Any, _R]"],
) -> Callable[Concatenate[_A, _P], "CoroutineType[Any, Any, _R]"]:
    """Have a verb told to the audit."""
    signature = inspect.signature(function)
    name = wire_name(function.__name__)

    @functools.wraps(function)
    async def run(self: _A, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        given = {**signature.bind(self, *args, **kwargs).arguments}
        del given["self"]
        told = {key: _shown(key, value) for key, value in given.items() if value is not None}
        outcome = "cut off"
        try:
            result = await function(self, *args, **kwargs)
            outcome = "done"
        except PlughostError as exc:
            outcome = f"refused, {exc.code}"
            raise
        finally:
            self.tell_audit(name, told, outcome)
        return result

    return run


def _shown(key: str, value: Any) -> Any:
    if key not in AUDITED:
        return "…"
    # What follows a path is a query, which may hold a secret; it is refused, and must not be kept.
    return value.partition("?")[0] if key == "path" and isinstance(value, str) else value
