"""Values that are allowed, beside msgspec's word that one is not."""

from enum import Enum
from typing import Annotated, Any, Literal

import msgspec
import pytest

from protocol.choices import told


class Colour(Enum):
    """An enumeration by its values."""

    RED = "red"
    BLUE = "blue"


class Part(msgspec.Struct):
    """Every place in which one may stand."""

    mode: Literal["a", "b"] = "a"
    many: list[Literal[1, 2]] = []
    table: dict[str, Literal["p"]] = {}
    colour: Colour | None = None
    inner: "Part | None" = None
    pair: tuple[int, Literal["q", "r"]] = (1, "q")
    noted: Annotated[Literal["n", "m"] | None, msgspec.Meta(title="x")] = None
    renamed: Literal["y"] = msgspec.field(default="y", name="as_written")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (b'{"mode": "z"}', "'a', 'b'"),
        (b'{"many": [1, 5]}', "1, 2"),
        (b'{"table": {"x": "r"}}', "'p'"),
        (b'{"colour": "green"}', "'red', 'blue'"),
        (b'{"inner": {"inner": {"mode": "z"}}}', "'a', 'b'"),
        (b'{"pair": [1, "z"]}', "'q', 'r'"),
        (b'{"noted": "z"}', "'m', 'n'"),
        (b'{"as_written": "z"}', "'y'"),
    ],
)
def test_the_values_of_the_place_are_listed(text: bytes, values: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(text, type=Part)
    assert told(caught.value, Part) == f"{caught.value}; allowed: {values}"


def test_a_value_by_itself_has_no_place() -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(b'"z"', type=Literal["a", "b"])
    assert told(caught.value, Literal["a", "b"]).endswith("; allowed: 'a', 'b'")


def test_of_many_the_first_are_listed_and_the_others_counted() -> None:
    many: Any = Literal[tuple(range(50))]
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(b"99", type=many)
    assert told(caught.value, many).endswith("18, 19 and 30 more")


@pytest.mark.parametrize(
    "text", ["Expected `str`, got `int` - at `$.mode`", "", "Invalid enum value 'x' - at `$.q`"]
)
def test_what_is_no_such_complaint_stays_as_it_is(text: str) -> None:
    assert told(ValueError(text), Part) == text


def test_a_type_that_is_not_known_adds_nothing() -> None:
    assert told(ValueError("Invalid enum value 'x'"), object()) == "Invalid enum value 'x'"
