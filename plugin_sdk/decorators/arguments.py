"""Arguments: what a decorator is given is held against its own annotations, where the method is decorated.

Owns the sentence about it. What only a host can judge (a topic, a cron line, an id) is the host's.
"""

import inspect
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, wraps
from typing import Any, NoReturn, TypeVar, cast

from protocol.signatures import SignatureFault

_D = TypeVar("_D", bound=Callable[..., Any])

_LISTS = (list, tuple, set, frozenset)
_WORDS = {
    str: "a text",
    float: "a number",
    bool: "True or False",
    type(None): "None",
    Sequence: "a list of texts",
    Mapping: "a dict whose keys are texts",
    Callable: "the method",
}
_FOUND_CHARS = 80


def checked(form: str, *, bare: bool = False) -> Callable[[_D], _D]:
    """Have a decorator refuse what its annotations do not allow, by a `SignatureFault` that names the method.

    `form` is how it is written; `bare` says that it may stand without parentheses. The annotations may be
    texts, numbers, bools, literals, sequences and mappings, and unions of them.
    """

    def wrap(decorator: _D) -> _D:
        name = decorator.__name__

        @wraps(decorator)
        def check(*args: Any, **kwargs: Any) -> Any:
            if len(args) == 1 and not kwargs and callable(args[0]):
                if bare:
                    return decorator(*args)
                _refuse(args[0], f"@{name} stands without parentheses; write @{form}")
            fault = _fault(decorator, form, args, kwargs)
            if not fault:
                return decorator(*args, **kwargs)

            def refuse(function: object) -> NoReturn:
                """Raise here and not earlier: only now is it known which method it is."""
                _refuse(function, fault)

            return refuse

        return cast("_D", check)

    return wrap


def _refuse(function: object, what: str) -> NoReturn:
    raise SignatureFault(f"{getattr(function, '__qualname__', function)}: {what}")


def _fault(decorator: Callable[..., Any], form: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Return what is wrong with what a decorator was given; empty if nothing is."""
    name = decorator.__name__
    signature, hints = _shape(decorator)
    try:
        given = signature.bind(*args, **kwargs).arguments
    except TypeError as exc:
        return f"@{name}: {exc}; allowed: {', '.join(signature.parameters)}; write @{form}"
    for argument, value in given.items():
        if not _fits(value, hints[argument]):
            found = repr(value)
            found = found if len(found) <= _FOUND_CHARS else f"{found[:_FOUND_CHARS]}…"
            what = f"@{name}, argument {argument}: found {found}; allowed: {_words(hints[argument])}"
            # What has no name at its place may be meant for another one.
            return f"{what}; write @{form}" if any(value is one for one in args) else what
    return ""


@cache
def _shape(decorator: Callable[..., Any]) -> tuple[inspect.Signature, dict[str, Any]]:
    """Return how a decorator is called; read once, however many methods it stands over."""
    return inspect.signature(decorator), typing.get_type_hints(decorator)


def _fits(value: Any, annotation: Any) -> bool:
    inner = typing.get_args(annotation)
    match typing.get_origin(annotation) or annotation:
        case typing.Any:
            return True
        case typing.Union | types.UnionType:
            return any(_fits(value, one) for one in inner)
        case typing.Literal:
            return value in inner
        case kind if kind is Sequence:
            return isinstance(value, _LISTS) and _all_fit(cast("Iterable[Any]", value), inner[0])
        case kind if kind is Mapping:
            return isinstance(value, Mapping) and _all_fit(cast("Mapping[Any, Any]", value), inner[0])
        case kind if kind is float:
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case kind:
            return isinstance(value, kind)


def _all_fit(values: Iterable[Any], annotation: Any) -> bool:
    return all(_fits(one, annotation) for one in values)


def _words(annotation: Any) -> str:
    inner = typing.get_args(annotation)
    match typing.get_origin(annotation) or annotation:
        case typing.Union | types.UnionType:
            return " or ".join(map(_words, inner))
        case typing.Literal:
            return ", ".join(map(repr, inner))
        case kind:
            return _WORDS[kind]
