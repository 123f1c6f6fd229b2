"""Typed: values as they are written in a form, what is written as values, what is allowed in words."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from host.facade.figures import many
from host.tui.border import clean
from host.tui.forms.fields import MASK, Field, types_of

_WORDS = (
    ("minimum", "at least"), ("exclusiveMinimum", "more than"), ("maximum", "at most"),
    ("exclusiveMaximum", "less than"), ("multipleOf", "a multiple of"), ("pattern", "matches"),
)  # fmt: skip
_BOUNDS = (("minLength", "maxLength", "character"), ("minItems", "maxItems", "item"))


def written(field: Field, value: Any) -> str:
    """Return a value as it is typed in the field's own way; as JSON it loses nothing."""
    if field.secret:
        return ""
    if field.shape in ("text", "lines") and isinstance(value, str) and types_safely(value):
        return value
    if field.shape == "list" and isinstance(value, list | tuple) and types_safely(cast("Any", value)):
        return "\n".join(str(item) for item in cast("Sequence[Any]", value))
    if value is None and field.shape != "json":
        return ""
    return json.dumps(value, indent=2 if isinstance(value, dict | list) else None)


def types_safely(value: Any) -> bool:
    """Return whether a terminal may be handed it and it comes back unchanged; else it is typed as JSON."""
    if isinstance(value, list | tuple):
        return all(types_safely(item) for item in cast("Sequence[Any]", value))
    return not isinstance(value, str) or clean(value, lines=True) == value


def read(field: Field, text: str) -> Any:
    """Return what was typed as a value.

    Raises:
        ValueError: It can't be read; the message says why.
    """
    match field.shape:
        case "text" | "lines":
            return text
        case "integer":
            try:
                return int(text.replace("_", ""))
            except ValueError:
                raise ValueError(f"found {text!r}; allowed: a whole number") from None
        case "number":
            try:
                number = float(text.replace("_", ""))
            except ValueError:
                raise ValueError(f"found {text!r}; allowed: a number") from None
            if not math.isfinite(number):
                raise ValueError(f"found {text!r}; allowed: a number that is finite")
            return int(number) if number.is_integer() and "." not in text else number
        case "list":
            return [line for line in text.split("\n") if line]
        case _:
            return read_json(text)


def read_json(text: str) -> Any:
    """Return JSON that was typed. Raises ValueError where it is none, or holds a secret that is hidden."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except ValueError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    try:
        text = json.dumps(value, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text in it holds half of a character, such as \\ud800") from None
    if MASK in text:
        raise ValueError(f"a secret is hidden as {MASK} in it: type it anew, or leave this value alone")
    return value


def brief(field: Field, value: Any, known: bool = True) -> str:
    """Return a value in one line, clean; a secret as `•••`."""
    if not known:
        return "–"
    if field.secret and value is not None:
        return MASK
    if isinstance(value, str):
        return clean(value) if value else '""'
    if isinstance(value, list | tuple) and field.shape == "list":
        return clean(", ".join(str(item) for item in cast("Sequence[Any]", value))) or "[]"
    return clean(json.dumps(value, ensure_ascii=False, default=str))


def allowed(field: Field) -> str:
    """Return what the schema allows, in words; the host has the last one."""
    words = [_kind(field)]
    words += [f"{said} {field.schema[word]}" for word, said in _WORDS if word in field.schema]
    words += [_bounds(field.schema, *bounds) for bounds in _BOUNDS]
    if field.schema.get("uniqueItems"):
        words.append("no item twice")
    if field.nullable and None not in field.choices:
        words.append("or null")
    if field.required:
        words.append("needed")
    if field.schema.get("deprecated"):
        words.append("deprecated")
    return clean(", ".join(word for word in words if word))


def _kind(field: Field) -> str:
    """Return what it may be before any bound; null is said at the end."""
    if field.choices:
        choices = [json.dumps(one, ensure_ascii=False) for one in field.choices]
        return choices[0] if len(choices) == 1 else "one of " + ", ".join(choices)
    if field.variants:
        return "one of " + ", ".join(name for name, _ in field.variants)
    kinds = [kind for kind in types_of(field.schema) if kind != "null"]
    form = field.schema.get("format")
    return (" or ".join(kinds) or "any value") + (f" ({form})" if form else "")


def _bounds(schema: Mapping[str, Any], least: str, most: str, what: str) -> str:
    """Return how long it may be; empty where nothing bounds it."""
    match schema.get(least), schema.get(most):
        case int(low), int(high):
            return f"{low:,} to {many(high, what)}"
        case int(low), _:
            return f"at least {many(low, what)}"
        case _, int(high):
            return f"at most {many(high, what)}"
        case _:
            return ""
