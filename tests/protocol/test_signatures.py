"""Annotations to parameter structs: what a call's parameters become, and which are refused."""

import json
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pytest

from protocol.errors import INVALID_PARAMS, RpcError
from protocol.messages.meta import Meta, StreamRequest
from protocol.signatures import Signature, SignatureFault
from tests.protocol.signed import Injected, Place, Point, Tree, read


class Options(TypedDict, total=False):
    depth: int


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def refused(signature: Signature, params: str) -> RpcError:
    with pytest.raises(RpcError) as caught:
        signature.decode(params.encode())
    assert caught.value.code == INVALID_PARAMS
    return caught.value


def several(a: int, b: str = "x", *, c: float = 1.0) -> None: ...


def test_parameters_come_by_name_in_declared_order() -> None:
    signature = read(several)
    assert signature.names == ("a", "b", "c")
    assert signature.decode(b'{"c":2,"b":"y","a":1}') == ((1, "y"), {"c": 2.0}, None)
    assert signature.decode(b'{"a":1}') == ((1, "x"), {"c": 1.0}, None)


def test_a_function_without_parameters_takes_no_params_at_all() -> None:
    def nothing() -> None: ...

    signature = read(nothing)
    assert signature.decode(b"") == ((), {}, None)
    assert signature.decode(msgspec.Raw(b"")) == ((), {}, None)
    assert refused(signature, '{"a":1}').message == "there is no parameter 'a'; parameters: none"


def test_meta_is_handed_over_apart() -> None:
    meta = read(several).decode(b'{"a":1,"_meta":{"deadline_ms":5,"stream":{"credit":3},"later":1}}')[2]
    assert meta == Meta(deadline_ms=5, stream=StreamRequest(3))


def test_a_bound_methods_first_parameter_is_its_own() -> None:
    class Thing:
        def act(self, a: int) -> int:
            return a

    assert read(Thing().act).names == ("a",)


@pytest.mark.parametrize("first", [True, False])
def test_an_injected_parameter_gets_its_place_among_the_others(first: bool) -> None:
    def begins(ctx: Injected, a: int, b: int = 2, *, c: int = 3) -> None: ...
    def between(a: int, ctx: Injected, b: int = 2, *, c: int = 3) -> None: ...

    signature = read(begins if first else between)
    assert signature.injected == "ctx"
    args, kwargs, _ = signature.decode(b'{"a":1}')
    assert (args, kwargs) == ((1, 2), {"c": 3})
    assert signature.inject("it", args, kwargs) == (("it", 1, 2) if first else (1, "it", 2))
    assert kwargs == {"c": 3}


def test_an_injected_parameter_may_be_keyword_only_and_is_in_no_schema() -> None:
    def function(a: int, *, ctx: Injected) -> None: ...

    signature = read(function)
    assert signature.injected == "ctx"
    assert list(signature.schema()[0]["properties"]) == ["a"]
    args, kwargs, _ = signature.decode(b'{"a":1}')
    assert signature.inject("it", args, kwargs) == (1,)
    assert kwargs == {"ctx": "it"}


def test_a_default_may_be_any_object() -> None:
    shared = [1]

    def function(a: list[int] = shared, b: Point = Point(1), c: Any = None) -> None: ...  # noqa: B008

    args, _, _ = read(function).decode(b"{}")
    assert args == (shared, Point(1), None)


def test_a_parameter_may_be_called_like_our_own_fields() -> None:
    def function(meta_: int, meta: str) -> None: ...

    assert read(function).decode(b'{"meta_":1,"meta":"m"}') == ((1, "m"), {}, None)


def test_without_an_annotation_anything_goes() -> None:
    def function(a) -> None: ...  # type: ignore[no-untyped-def] # pyright: ignore[reportMissingParameterType, reportUnknownParameterType]

    assert read(function).decode(b'{"a":{"b":[1]}}') == (({"b": [1]},), {}, None)  # pyright: ignore[reportUnknownArgumentType]


def test_nested_types_are_built() -> None:
    def function(
        place: Place,
        options: Options,
        mode: Literal["a", "b"],
        value: int | str | None,
        when: datetime,
        colour: Colour,
        few: Annotated[int, msgspec.Meta(lt=3)],
        tree: Tree,
    ) -> None: ...

    args, _, _ = read(function).decode(
        json.dumps(
            {
                "place": {"name": "n", "at": {"x": 1}},
                "options": {"depth": 2},
                "mode": "b",
                "value": None,
                "when": "2024-05-06T07:08:09Z",
                "colour": "blue",
                "few": 2,
                "tree": {"children": [{"children": []}]},
            }
        ).encode()
    )
    assert args[0] == Place("n", Point(1))
    assert args[1:4] == ({"depth": 2}, "b", None)
    assert args[4].year == 2024
    assert args[5:] == (Colour.BLUE, 2, Tree([Tree([])]))


@pytest.mark.parametrize(
    ("params", "message", "parameter"),
    [
        ("{}", "parameter 'a' is required", "a"),
        ('{"a":1,"z":2}', "there is no parameter 'z'; parameters: a, b, c", "z"),
        ('{"a":1,"a`b":2}', "there is no parameter 'a`b'; parameters: a, b, c", "a`b"),
        ('{"a":"1"}', "parameter 'a': expected `int`, got `str`", "a"),
        ('{"a":1.5}', "parameter 'a': expected `int`, got `float`", "a"),
        ('{"a":true}', "parameter 'a': expected `int`, got `bool`", "a"),
        ('{"a":1,"b":null}', "parameter 'b': expected `str`, got `null`", "b"),
    ],
)
def test_a_refusal_names_the_parameter(params: str, message: str, parameter: str) -> None:
    error = refused(read(several), params)
    assert error.message == message
    assert error.data == {"parameter": parameter}


def test_a_refusal_inside_a_parameter_names_the_way_to_it() -> None:
    def function(place: Place) -> None: ...

    signature = read(function)
    assert refused(signature, '{"place":{"name":"n","at":{"x":"1"}}}').data == {"parameter": "place.at.x"}
    error = refused(signature, '{"place":{"name":"n","at":{}}}')
    assert error.message == "parameter 'place.at': object missing required field `x`"
    assert error.data == {"parameter": "place.at"}


@pytest.mark.parametrize("params", ["[1]", "null", "1", "{", '{"a":\udcff}'])
def test_params_that_are_no_object_can_not_be_read(params: str) -> None:
    with pytest.raises(RpcError, match="the parameters can't be read"):
        read(several).decode(params.encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    "params", [b'{"a":"\xff"}', b'{"a":' + b"[" * 100_000, b'{"a":1e999}', b'{"\xff":1}']
)
def test_bad_text_in_a_parameter_is_refused(params: bytes) -> None:
    def function(a: Any) -> None: ...

    with pytest.raises(RpcError) as caught:
        read(function).decode(params)
    assert caught.value.code == INVALID_PARAMS


def variadic(*args: int) -> None: ...
def keywords(**kwargs: int) -> None: ...
def positional_only(a: int, /) -> None: ...
def injected_positional_only(a: Injected, /) -> None: ...
def injected_variadic(*a: Injected) -> None: ...
def reserved(_meta: int) -> None: ...
def own_class(a: int, b: Path) -> None: ...
def nested_own_class(a: dict[str, list[Path | None]]) -> None: ...
def two_unions(a: Point | Place) -> None: ...
def twice_injected(a: Injected, b: Injected) -> None: ...
def maybe_injected(a: Injected | None) -> None: ...
def unknown_name(a: "Nowhere") -> None: ...  # type: ignore[name-defined] # noqa: F821 # pyright: ignore[reportUndefinedVariable, reportUnknownParameterType]
def no_type(a: "1 +") -> None: ...  # noqa: F722 # pyright: ignore


REFUSED: list[tuple[Callable[..., Any], str, str]] = [
    (variadic, "args", "must have a name of its own"),
    (keywords, "kwargs", "must have a name of its own"),
    (positional_only, "a", "must have a name of its own"),
    (injected_positional_only, "a", "must have a name of its own"),
    (injected_variadic, "a", "must have a name of its own"),
    (reserved, "_meta", "belongs to the protocol"),
    (own_class, "b", "JSON can't be read into Path"),
    (nested_own_class, "a", "JSON can't be read into Path"),
    (two_unions, "a", "union"),
    (twice_injected, "b", "JSON can't be read into Injected"),
    (maybe_injected, "a", "JSON can't be read into Injected"),
    (unknown_name, "a", "Nowhere"),
    (no_type, "a", "can't be read"),
]


@pytest.mark.parametrize(("function", "parameter", "reason"), REFUSED)
def test_a_function_that_json_can_not_call_is_refused_by_its_name_and_parameter(
    function: Callable[..., Any], parameter: str, reason: str
) -> None:
    with pytest.raises(SignatureFault) as caught:
        read(function)
    text = str(caught.value)
    assert text.startswith(function.__qualname__)
    assert repr(parameter) in text
    assert reason in text


def test_an_unreadable_result_annotation_is_named() -> None:
    def function() -> "Nowhere": ...  # type: ignore[name-defined] # noqa: F821 # pyright: ignore

    with pytest.raises(SignatureFault, match=r"its result's annotation can't be read: .*Nowhere"):
        read(function)  # pyright: ignore[reportUnknownArgumentType]
