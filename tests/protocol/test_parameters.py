"""Parameters read from a function's code are those that `inspect` finds."""

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from protocol.parameters import NamelessError, parameters_of, waits, yields
from protocol.signatures import SignatureFault, read_signature


def nothing() -> None: ...
def several(a: int, b: str = "x", *, c: float, d: float = 1.0) -> None:
    local = a
    del local


async def later(a: Any = None) -> None: ...
def items(a: int) -> Iterator[int]:
    yield a


async def later_items(a: int) -> AsyncIterator[int]:
    yield a


@functools.wraps(several)
def wrapped(*args: Any, **kwargs: Any) -> None:
    several(*args, **kwargs)


def says_otherwise(x: int) -> None: ...


vars(says_otherwise)["__signature__"] = inspect.signature(several)


class Thing:
    def method(self, a: int, *, b: int = 2) -> None: ...
    async def later(self) -> None: ...
    @classmethod
    def made(cls, a: int = 1) -> None: ...
    def __call__(self, a: int) -> None: ...


FUNCTIONS: list[Callable[..., Any]] = [
    nothing,
    several,
    later,
    items,
    later_items,
    wrapped,
    says_otherwise,
    functools.partial(several, 1, c=2.0),
    Thing().method,
    Thing().later,
    Thing.made,
    Thing(),
    Thing.method,
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_they_are_what_inspect_says(function: Callable[..., Any]) -> None:
    expected = [
        (one.name, one.kind is one.KEYWORD_ONLY, one.default)
        for one in inspect.signature(function).parameters.values()
    ]
    assert parameters_of(function) == expected
    assert yields(function) == (inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function))
    assert waits(function) == (inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function))


def by_place(a: int, /) -> None: ...
def any_number(*several: int) -> None: ...
def any_name(**several: int) -> None: ...


@pytest.mark.parametrize(
    ("function", "name"), [(by_place, "a"), (any_number, "several"), (any_name, "several")]
)
def test_a_parameter_without_a_name_of_its_own_is_named(function: Callable[..., Any], name: str) -> None:
    with pytest.raises(NamelessError, match=name):
        parameters_of(function)


def test_a_method_that_takes_not_even_itself_is_refused_with_the_reason() -> None:
    class Odd:
        def method() -> None: ...  # pyright: ignore[reportSelfClsParameterName]

    odd: Any = Odd()
    with pytest.raises(SignatureFault, match=r"Odd\.method: its parameters can't be read"):
        read_signature(odd.method)
