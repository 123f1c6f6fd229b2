"""Annotations to JSON Schemas, and to the shape of what a function returns."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.signed import Place, Point, Tree, read


def test_the_schemas_document_parameters_and_result() -> None:
    def function(a: int, place: Place, b: str = "x") -> list[Point]: ...

    params, result = read(function).schema()
    assert params["required"] == ["a", "place"]
    assert params["properties"]["a"] == {"type": "integer"}
    assert params["properties"]["b"] == {"type": "string", "default": "x"}
    assert params["properties"]["place"] == {"$ref": "#/$defs/Place"}
    assert params["additionalProperties"] is False
    assert set(params["$defs"]) == {"Place", "Point"}
    assert result["items"] == {"$ref": "#/$defs/Point"}


def test_a_schema_that_refers_to_itself_stays_whole() -> None:
    def function() -> Tree: ...

    result = read(function).schema()[1]
    assert result["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}
    assert result["$defs"]["Tree"]["title"] == "Tree"


def test_a_default_list_is_in_the_schema() -> None:
    def function(a: list[int] = []) -> None: ...  # noqa: B006

    assert read(function).schema()[0]["properties"]["a"]["type"] == "array"


def test_a_result_that_json_can_not_express_has_a_schema_that_allows_anything() -> None:
    def function() -> Path: ...

    assert read(function).schema()[1] == {}


def generator(n: int) -> Iterator[int]:
    yield n


async def async_generator(n: int) -> AsyncIterator[Point]:
    yield Point(n)


async def bare_generator():  # type: ignore[no-untyped-def] # pyright: ignore[reportUnknownParameterType]
    yield 1


async def coroutine() -> int:
    return 1


def plain() -> int:
    return 1


@pytest.mark.parametrize(
    ("function", "shape", "is_async", "result"),
    [
        (generator, "stream", False, int),
        (async_generator, "stream", True, Point),
        (bare_generator, "stream", True, Any),  # pyright: ignore[reportUnknownArgumentType]
        (coroutine, "value", True, int),
        (plain, "value", False, int),
        (lambda: 1, "value", False, Any),
    ],
)
def test_a_generator_is_a_stream_of_its_items(
    function: Callable[..., Any], shape: str, is_async: bool, result: Any
) -> None:
    signature = read(function)
    assert (signature.shape, signature.is_async, signature.result) == (shape, is_async, result)
