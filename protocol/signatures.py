"""A function's annotations, read once: a parameter struct that checks, and a JSON Schema that documents.

Used by the SDK for a plugin's methods and by the host for an embedder's API, so that both check and
describe alike. msgspec does the checking, strictly: nothing is coerced, but an int passes for a float.
"""

import re
import typing
from collections.abc import Callable
from typing import Any, Literal

import msgspec
import msgspec.inspect

from protocol.annotations import types_in
from protocol.choices import allowed
from protocol.errors import INVALID_PARAMS, RpcError
from protocol.messages.meta import Meta
from protocol.parameters import EMPTY, NamelessError, parameters_of, waits, yields

Shape = Literal["value", "stream"]

META_NAME = "_meta"
_PLAIN: frozenset[Any] = frozenset({Any, str, int, float, bool, list, dict, bytes, None})
_AT = re.compile(r"(?P<what>.*) - at `\$\.?(?P<place>.*)`\Z", re.DOTALL)
_FIELD = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>.*)`\Z", re.DOTALL)


class SignatureFault(Exception):
    """A function can't be a method; the message names the function, the parameter and the reason."""


class Signature:
    """How one function is called from JSON."""

    __slots__ = (
        "_decode",
        "_inject_at",
        "_keywords",
        "_positional",
        "injected",
        "is_async",
        "names",
        "params",
        "result",
        "shape",
    )

    def __init__(
        self,
        params: type[msgspec.Struct],
        positional: int,
        keywords: tuple[str, ...],
        names: tuple[str, ...],
        injected: str | None,
        inject_at: int,
        result: Any,
        shape: Shape,
        is_async: bool,
    ) -> None:
        self.params = params
        """Struct that the parameters are decoded into; `_meta` is its last field."""
        self.names = names
        """Parameter names in declared order."""
        self.injected = injected
        """The parameter that the caller of the function fills in, if there is one."""
        self.result = result
        """Annotation of the result, or of one stream item; Any where there is none."""
        self.shape: Shape = shape
        self.is_async = is_async
        self._inject_at = inject_at
        self._positional = positional
        self._keywords = keywords
        self._decode = msgspec.json.Decoder(params).decode

    def decode(self, raw: bytes | msgspec.Raw) -> tuple[tuple[Any, ...], dict[str, Any], Meta | None]:
        """Check parameters given as a JSON object; return positional and keyword arguments and `_meta`.

        Raises:
            RpcError: `invalid_params`, naming the parameter.
        """
        try:
            params = self._decode(raw or b"{}")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise self._explain(exc) from None
        values = msgspec.structs.astuple(params)
        positional = self._positional
        if self._keywords:
            return (
                values[:positional],
                dict(zip(self._keywords, values[positional:-1], strict=True)),
                values[-1],
            )
        return values[:-1], {}, values[-1]

    def inject(self, value: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Return the positional arguments with what is injected in its place, which may be in `kwargs`."""
        at = self._inject_at
        if at == 0:
            return (value, *args)
        if at > 0:
            return (*args[:at], value, *args[at:])
        assert self.injected is not None
        kwargs[self.injected] = value
        return args

    def schema(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the JSON Schemas (2020-12) of the parameters, without `_meta`, and of the result."""
        fields = [
            (field.name, field.type, _default(field.default, field.default_factory))
            for field in msgspec.structs.fields(self.params)
            if field.name != META_NAME
        ]
        bare = msgspec.defstruct(self.params.__name__, fields, forbid_unknown_fields=True)
        return _inlined(bare), _inlined(self.result)

    def _explain(self, exc: Exception) -> RpcError:
        text = str(exc)
        if found := _AT.match(text):
            name = found["place"]
            what = found["what"]
            if choices := allowed(text, self.params):
                what = f"{what}; allowed: {choices}"
            return RpcError(
                INVALID_PARAMS, f"parameter {name!r}: {what[:1].lower()}{what[1:]}", {"parameter": name}
            )
        if found := _FIELD.match(text):
            name = found["name"]
            if found["what"] == "missing required":
                return RpcError(INVALID_PARAMS, f"parameter {name!r} is required", {"parameter": name})
            known = ", ".join(self.names) or "none"
            return RpcError(
                INVALID_PARAMS, f"there is no parameter {name!r}; parameters: {known}", {"parameter": name}
            )
        return RpcError(INVALID_PARAMS, f"the parameters can't be read: {text}")


def read_signature(
    function: Callable[..., Any], *, inject: Callable[[str, Any], bool] = lambda _name, _annotation: False
) -> Signature:
    """Read a function, or a bound method, whose parameters come from JSON.

    `inject(name, annotation)` picks the one parameter that does not: a context or a caller. The annotation is
    `protocol.parameters.EMPTY` where there is none.

    Raises:
        SignatureFault: A parameter that JSON can't fill, or an annotation that msgspec can't check.
    """
    name = getattr(function, "__qualname__", repr(function))
    try:
        hints = _hints(function)
    except Exception as exc:  # an annotation is any expression, so reading it can raise anything
        raise SignatureFault(f"{name}: {_unreadable(function)}can't be read: {exc}") from exc
    fields: list[tuple[str, Any, Any]] = []
    keywords: list[str] = []
    injected = None
    inject_at = -1
    for parameter, by_name_alone, default in _parameters(name, function):
        annotation = hints.get(parameter, EMPTY)
        if parameter == META_NAME:
            raise SignatureFault(
                f"{name}: a parameter may not be called {META_NAME!r}; it belongs to the protocol"
            )
        if injected is None and inject(parameter, annotation):
            injected = parameter
            inject_at = -1 if by_name_alone else len(fields)
            continue
        if annotation is EMPTY:
            annotation = Any
        _check(name, parameter, annotation)
        fields.append((parameter, annotation, _field(default)))
        if by_name_alone:
            keywords.append(parameter)
    names = tuple(field[0] for field in fields)
    fields.append((META_NAME, Meta | None, None))
    params = msgspec.defstruct(
        f"{name.rpartition('.')[2]}_params", fields, kw_only=True, forbid_unknown_fields=True, frozen=True
    )
    stream = yields(function)
    return Signature(
        params,
        len(names) - len(keywords),
        tuple(keywords),
        names,
        injected,
        inject_at,
        _result(hints.get("return", Any), stream),
        "stream" if stream else "value",
        waits(function),
    )


def _parameters(name: str, function: Callable[..., Any]) -> list[tuple[str, bool, Any]]:
    try:
        return parameters_of(function)
    except NamelessError as exc:
        raise SignatureFault(
            f"{name}: parameter {exc.parameter!r} must have a name of its own to come from JSON"
        ) from None
    except (ValueError, TypeError) as exc:
        raise SignatureFault(f"{name}: its parameters can't be read: {exc}") from exc


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations, evaluated; without asking `typing` where they are plain classes already."""
    written: dict[str, Any] | None = getattr(function, "__annotations__", None)
    if written is not None and all(
        type(one) is type or one is Any or one is None for one in written.values()
    ):
        return written
    return typing.get_type_hints(function, include_extras=True)


def _unreadable(function: Callable[..., Any]) -> str:
    """Return which parameter's annotation is at fault, as the beginning of a sentence."""
    try:
        annotations: dict[str, Any] = function.__annotations__
    except Exception:  # noqa: BLE001 - from Python 3.14 on this evaluates them, and they can't be
        return "its annotations "
    for parameter, annotation in annotations.items():
        try:
            one = type("One", (), {"__annotations__": {parameter: annotation}})
            typing.get_type_hints(one, getattr(function, "__globals__", {}), include_extras=True)
        except Exception:  # noqa: BLE001 - see read_signature
            return (
                "its result's annotation "
                if parameter == "return"
                else f"parameter {parameter!r}: its annotation "
            )
    return "its annotations "


def _field(default: Any) -> Any:
    if default is EMPTY:
        return msgspec.field()
    if default is None or isinstance(default, bool | int | float | str):
        return msgspec.field(default=default)
    return msgspec.field(default_factory=lambda: default)


def _default(default: Any, factory: Any) -> Any:
    if default is not msgspec.NODEFAULT:
        return msgspec.field(default=default)
    if factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=factory)
    return msgspec.field()


def _check(function: str, parameter: str, annotation: Any) -> None:
    try:
        if annotation in _PLAIN:
            return
    except TypeError:
        pass
    try:
        custom = [
            one.cls.__qualname__
            for one in types_in(annotation)
            if isinstance(one, msgspec.inspect.CustomType)
        ]
    except Exception as exc:  # msgspec has no one error for "not a type that I know"
        raise SignatureFault(f"{function}: parameter {parameter!r}: {exc}") from exc
    if custom:
        raise SignatureFault(f"{function}: parameter {parameter!r}: JSON can't be read into {custom[0]}")


def _result(annotation: Any, stream: bool) -> Any:
    """Return the annotation of a result; of a generator's, that of its items."""
    if not stream:
        return annotation
    arguments = typing.get_args(annotation)
    return arguments[0] if arguments else Any


def _inlined(annotation: Any) -> dict[str, Any]:
    """Return a schema; where msgspec can't express the type, one that allows anything."""
    try:
        (schema,), components = msgspec.json.schema_components([annotation], ref_template="#/$defs/{name}")
    except Exception:  # noqa: BLE001 - see _check; a result needs no schema to work
        return {}
    reference: str = schema.get("$ref", "")
    if reference:
        name = reference.rpartition("/")[2]
        schema = components[name]
        if f'"{reference}"'.encode() not in msgspec.json.encode(components):
            del components[name]  # nothing in it refers to itself
    return schema | ({"$defs": components} if components else {})
