"""A function's parameters, and whether it waits and yields, read from its code where that says all.

`inspect` knows every kind of callable and runs forty functions of its own for it, which a forked plugin would
copy into memory of its own at its start. Most methods are plain functions. `protocol.signatures` asks.
"""

import inspect
from collections.abc import Callable
from types import CodeType, FunctionType, MethodType
from typing import Any, Final

EMPTY: Final[Any] = inspect.Parameter.empty
"""No default, or no annotation."""

_SAY_OTHERWISE = ("__wrapped__", "__signature__")
_VARIADIC = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
_YIELDS = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
_WAITS = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class NamelessError(Exception):
    """A parameter has no name of its own by which it could be given."""

    def __init__(self, parameter: str) -> None:
        super().__init__(parameter)
        self.parameter = parameter


def parameters_of(function: Callable[..., Any]) -> list[tuple[str, bool, Any]]:
    """Return name, whether it can be given by name alone, and default of each, without a method's first.

    Raises:
        NamelessError: `*args` and the like.
        ValueError, TypeError: Nobody knows its parameters.
    """
    plain = _plain(function)
    if plain is None or plain.__code__.co_flags & _VARIADIC or plain.__code__.co_posonlyargcount:
        return _inspected(function)
    code = plain.__code__
    names, count = code.co_varnames, code.co_argcount
    own = 0 if plain is function else 1
    if count < own:
        return _inspected(function)
    defaults = plain.__defaults__ or ()
    first = count - len(defaults)
    found = [(names[i], False, EMPTY if i < first else defaults[i - first]) for i in range(own, count)]
    if code.co_kwonlyargcount:
        by_name = plain.__kwdefaults__ or {}
        for name in names[count : count + code.co_kwonlyargcount]:
            found.append((name, True, by_name.get(name, EMPTY)))
    return found


def yields(function: Callable[..., Any]) -> bool:
    """Tell whether it is a generator function, async or not."""
    code = _code_of(function)
    if code is not None:
        return bool(code.co_flags & _YIELDS)
    return inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function)


def waits(function: Callable[..., Any]) -> bool:
    """Tell whether it is `async`, also if it is a generator."""
    code = _code_of(function)
    if code is not None and code.co_flags & _WAITS:
        return True
    # Also one that only says so of itself.
    return inspect.isasyncgenfunction(function) or inspect.iscoroutinefunction(function)


def _plain(function: Callable[..., Any]) -> FunctionType | None:
    """Return the function, or that of a bound method; None if it is no plain one."""
    plain = _unbound(function)
    if type(plain) is not FunctionType or any(name in plain.__dict__ for name in _SAY_OTHERWISE):
        return None
    return plain


def _unbound(function: Any) -> Any:
    return function.__func__ if type(function) is MethodType else function


def _code_of(function: Callable[..., Any]) -> CodeType | None:
    plain = _unbound(function)
    return plain.__code__ if type(plain) is FunctionType else None


def _inspected(function: Callable[..., Any]) -> list[tuple[str, bool, Any]]:
    found: list[tuple[str, bool, Any]] = []
    for one in inspect.signature(function).parameters.values():
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.POSITIONAL_ONLY):
            raise NamelessError(one.name)
        found.append((one.name, one.kind is one.KEYWORD_ONLY, one.default))
    return found
