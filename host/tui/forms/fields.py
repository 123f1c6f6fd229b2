"""Fields: what a configuration's schema and its values come to as the lines of a form, one for each value.

Tables are opened as far as their keys are known; a value that has no shape of its own here (an array of
tables, a choice between shapes, a free table) is one field that is written as JSON. Whether a value fits is
the host's to say, by `config_check`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

from host.facade.config_pages import ConfigPage

MASK: Final = "•••"
"""What a host shows in the place of a secret, and takes for `leave it as it is`."""

MAX_DEPTH: Final = 12
"""Tables in tables that are opened, and references that are followed; below that it is JSON."""

MAX_FIELDS: Final = 2_000
"""From so many on tables are not opened: a few lines of a schema can describe any number."""

Shape = Literal["boolean", "choice", "text", "lines", "integer", "number", "list", "json"]
JsonSchema = Mapping[str, Any]

_SCALARS: Final = ("string", "integer", "number")


@dataclass(frozen=True, slots=True)
class Field:
    """One value that can be set."""

    key: str
    """Dotted."""
    shape: Shape
    schema: JsonSchema
    value: Any
    """In force; None if there is none, see `has_value`."""
    has_value: bool
    origin: str
    required: bool = False
    nullable: bool = False
    secret: bool = False
    restarts: bool = False
    read_only: bool = False
    choices: tuple[Any, ...] = ()
    variants: tuple[tuple[str, Any], ...] = field(default=())
    """Shapes of which it may be one: a name, and a value to begin with."""

    @property
    def title(self) -> str:
        """What it is called."""
        return str(self.schema.get("title") or self.key)

    @property
    def description(self) -> str:
        """What it is for."""
        return str(self.schema.get("description") or "")

    def turned(self, now: Any) -> tuple[Any] | None:
        """Return the other of two, or the next of several, in a tuple of one; None where it is typed."""
        if self.shape == "boolean":
            return (not now,)
        if not self.choices:
            return None
        place = self.choices.index(now) if now in self.choices else -1
        return (self.choices[(place + 1) % len(self.choices)],)


def fields_of(page: ConfigPage) -> dict[str, Field]:
    """Return the fields of a plugin's configuration by key, in the schema's order, unknown keys last."""
    origins = {value.key: value.origin for value in page.explained}
    found: dict[str, Field] = {}
    _open(found, page.schema, "", page.schema, page.values, origins, 0)
    for key, value in page.values.items():
        if not any(known == key or known.startswith(f"{key}.") for known in found):
            found[key] = Field(key, "json", {}, value, True, origin_of(origins, key))
    return found


def origin_of(origins: Mapping[str, str], key: str) -> str:
    """Return where a value comes from; that of a table is where what is in it comes from."""
    if key in origins:
        return origins[key]
    below = {origin for known, origin in origins.items() if known.startswith((f"{key}.", f"{key}["))}
    return below.pop() if len(below) == 1 else "several" if below else ""


def resolved(root: JsonSchema, schema: Any, depth: int = 0) -> dict[str, Any]:
    """Return a schema with its references followed and its `allOf` laid together, as far as a form needs."""
    if not isinstance(schema, Mapping):
        return {}
    shown = dict(cast("JsonSchema", schema))
    if depth > MAX_DEPTH:
        return shown
    reference = shown.pop("$ref", None)
    if isinstance(reference, str) and reference.startswith("#/"):
        target: Any = root
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            target = cast("JsonSchema", target).get(name) if isinstance(target, Mapping) else None
        shown = resolved(root, target, depth + 1) | shown
    for part in cast("Sequence[Any]", shown.pop("allOf", None) or ()):
        below = resolved(root, part, depth + 1)
        properties = _table(below.get("properties")) | _table(shown.get("properties"))
        required = _texts(shown.get("required")) + _texts(below.get("required"))
        shown = below | shown
        if properties:
            shown["properties"] = properties
        if required:
            shown["required"] = required
    return shown


def _table(value: Any) -> dict[str, Any]:
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else {}


def _texts(value: Any) -> list[str]:
    return [str(one) for one in cast("Sequence[Any]", value)] if isinstance(value, list | tuple) else []


def types_of(schema: JsonSchema) -> tuple[str, ...]:
    """Return which types a value may have, `null` too; nothing where the schema does not say."""
    kinds = schema.get("type")
    if isinstance(kinds, str):
        return (kinds,)
    if isinstance(kinds, list | tuple):
        return tuple(str(kind) for kind in cast("Sequence[Any]", kinds))
    return ()


def _open(
    found: dict[str, Field],
    root: JsonSchema,
    key: str,
    schema: JsonSchema,
    values: Any,
    origins: Mapping[str, str],
    depth: int,
) -> None:
    shown = resolved(root, schema)
    properties = cast("Mapping[str, Any]", shown.get("properties") or {})
    required = cast("Sequence[str]", shown.get("required") or ())
    table = _table(values)
    for name, described in properties.items():
        path = f"{key}.{name}" if key else name
        below = resolved(root, described)
        given: Any = table.get(name)
        inner = cast("Mapping[str, Any]", below.get("properties") or {})
        opens = (
            bool(inner)
            and "object" in (types_of(below) or ("object",))
            and not any(word in below for word in ("oneOf", "anyOf", "enum", "const"))
            and all("." not in part for part in inner)
            and (given is None or isinstance(given, Mapping))
            and "null" not in types_of(below)
            and depth < MAX_DEPTH
            and len(found) < MAX_FIELDS
        )
        if opens:
            _open(found, root, path, below, given, origins, depth + 1)
            free = set(cast("Mapping[str, Any]", given or {})) - inner.keys()
            for extra in sorted(free):
                place = f"{path}.{extra}"
                held = cast("Mapping[str, Any]", given)[extra]
                found[place] = Field(place, "json", {}, held, True, origin_of(origins, place))
            continue
        found[path] = _field(root, path, below, given, name in table, origins, name in required)


def _field(
    root: JsonSchema,
    key: str,
    schema: dict[str, Any],
    value: Any,
    has_value: bool,
    origins: Mapping[str, str],
    required: bool,
) -> Field:
    alternatives = [
        resolved(root, one) for one in cast("Sequence[Any]", schema.get("oneOf") or schema.get("anyOf") or ())
    ]
    nullable = "null" in types_of(schema) or any(types_of(one) == ("null",) for one in alternatives)
    real = [one for one in alternatives if types_of(one) != ("null",)]
    if len(real) == 1:
        # A shape or nothing: the usual spelling of what may be null.
        schema = {name: v for name, v in schema.items() if name not in ("oneOf", "anyOf")} | real[0]
        real = []
    choices = _choices(schema, real)
    secret = bool(schema.get("writeOnly") or schema.get("x-secret"))
    if value == MASK:
        secret = True
    return Field(
        key,
        _shape(root, schema, real, choices, value),
        schema,
        value,
        has_value,
        origin_of(origins, key) or ("default" if has_value else ""),
        required,
        nullable,
        secret,
        bool(schema.get("x-restart")),
        bool(schema.get("readOnly")),
        choices,
        tuple(_variant(root, one, number) for number, one in enumerate(real)) if not choices else (),
    )


def _choices(schema: JsonSchema, real: Sequence[JsonSchema]) -> tuple[Any, ...]:
    """Return the values that alone are allowed; nothing where there are more."""
    if "const" in schema:
        return (schema["const"],)
    if isinstance(schema.get("enum"), list | tuple):
        return tuple(cast("Sequence[Any]", schema["enum"]))
    if real and all("const" in one for one in real):
        return tuple(one["const"] for one in real)
    return ()


def _shape(
    root: JsonSchema, schema: JsonSchema, real: Sequence[JsonSchema], choices: tuple[Any, ...], value: Any
) -> Shape:
    if choices:
        return "choice"
    if real:
        return "json"
    kinds = [kind for kind in types_of(schema) if kind != "null"]
    kind = kinds[0] if len(kinds) == 1 else ""
    if value is not None and not _is_of(kind, value):
        # What is in force has another type than it should: as JSON it can be seen as it is.
        return "json"
    match kind:
        case "boolean" | "integer" | "number":
            return kind
        case "string":
            long = schema.get("contentMediaType") or (isinstance(value, str) and "\n" in value)
            return "lines" if long or schema.get("maxLength", 0) > 500 else "text"
        case "array":
            items = resolved(root, schema.get("items") or {})
            plain = types_of(items) == ("string",) and "prefixItems" not in schema
            texts = value is None or all(
                isinstance(one, str) and "\n" not in one and one for one in cast("Sequence[Any]", value)
            )
            return "list" if plain and texts else "json"
        case _:
            return "json"


def _is_of(kind: str, value: Any) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer" | "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list | tuple)
        case _:
            return True


def _variant(root: JsonSchema, schema: JsonSchema, number: int) -> tuple[str, Any]:
    kind = " or ".join(types_of(schema)) or "any"
    return str(schema.get("title") or f"shape {number + 1} ({kind})"), example(root, schema)


def example(root: JsonSchema, schema: JsonSchema, depth: int = 0) -> Any:
    """Return a value to begin with: the default, else what must be there with empty values."""
    shown = resolved(root, schema)
    for word in ("default", "const"):
        if word in shown:
            return shown[word]
    if shown.get("enum"):
        return shown["enum"][0]
    kind = next(iter(types_of(shown)), "object" if shown.get("properties") else "null")
    match kind:
        case "object":
            properties = cast("Mapping[str, Any]", shown.get("properties") or {})
            names = cast("Sequence[str]", shown.get("required") or ()) if depth < MAX_DEPTH else ()
            return {name: example(root, properties.get(name) or {}, depth + 1) for name in names}
        case "array":
            return []
        case "boolean":
            return False
        case "integer" | "number":
            return shown.get("minimum", 0)
        case "string":
            return ""
        case _:
            return None
