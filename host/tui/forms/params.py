"""Params: the parameters of a command as fields, what of a value does not fit, and how they are sent. Pure.

The host has the last word when the command is run; here is said before what it would refuse for certain.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

from host.facade.config_pages import ConfigPage
from host.tui.forms.fields import Field, fields_of, types_of

_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def params_of(schema: Mapping[str, Any]) -> dict[str, Field]:
    """Return the parameters of a command by name, each with its default, in the schema's order."""
    page = ConfigPage(plugin="", schema=dict(schema), values={}, explained=(), revision=0, faults=())
    return fields_of(page)


def value_faults(field: Field, value: Any) -> list[str]:
    """Return what is wrong with a value for certain."""
    if field.choices:
        return [] if value in field.choices else ["it is none of those that are allowed"]
    kinds = types_of(field.schema)
    wanted = [kind for kind in kinds if kind in _KINDS]
    is_bool = isinstance(value, bool)
    fits = any(isinstance(value, _KINDS[kind]) and (not is_bool or kind == "boolean") for kind in wanted)
    if wanted and not fits and not (value is None and field.nullable):
        return [f"allowed: {' or '.join(wanted)}"]
    bounds = (("minimum", "at least", -1), ("maximum", "at most", 1))
    size: Any = value if isinstance(value, int | float) and not is_bool else None
    if isinstance(value, str):
        bounds = (("minLength", "at least", -1), ("maxLength", "at most", 1))
        size = len(value)
    faults: list[str] = []
    for word, said, way in bounds:
        bound: Any = field.schema.get(word)
        if size is not None and isinstance(bound, int | float) and (size - bound) * way > 0:
            faults.append(f"allowed: {said} {bound}{' characters' if isinstance(value, str) else ''}")
    return faults


def missing(fields: Mapping[str, Field], given: Mapping[str, Any]) -> list[str]:
    """Return the parameters that must be given, have no default, and are not."""
    return [
        key
        for key, field in fields.items()
        if field.required and key not in given and "default" not in field.schema
    ]


def as_params(
    given: Mapping[str, Any], fields: Mapping[str, Field], schema: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what is sent: values by dotted key as tables in tables, where the schema has tables."""
    top = cast("Mapping[str, Any]", schema.get("properties") or {})
    params: dict[str, Any] = {}
    for key in (key for key in fields if key in given):
        if key in top:
            params[key] = given[key]
            continue
        *above, last = key.split(".")
        table = params
        for part in above:
            table = cast("dict[str, Any]", table.setdefault(part, {}))
        table[last] = given[key]
    return params


def typed_params(text: str) -> dict[str, Any]:
    """Return parameters that were typed as JSON. Raises ValueError, which says what is wrong."""
    try:
        params = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"The parameters are no JSON: {error}") from None
    if not isinstance(params, dict):
        raise ValueError(f"The parameters must be a JSON object, not {type(params).__name__}")
    check_text(params)
    return cast("dict[str, Any]", params)


def check_text(value: Any) -> None:
    """Raise ValueError where a text in it can't be sent: JSON lets half of a character be written."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("a text in it holds half of a character, such as \\ud800") from None


def flat(params: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return parameters by the keys of a form; what it has no field for is left out."""
    given: dict[str, Any] = {}
    for key in fields:
        value: Any = params
        for part in [key] if key in params else key.split("."):
            if not isinstance(value, Mapping) or part not in value:
                break
            value = cast("Mapping[str, Any]", value)[part]
        else:
            given[key] = value
    return given
