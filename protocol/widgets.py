"""What a widget shows: one form of data for each kind, small enough to be drawn twice a second.

The plugin gives it, the host checks it, a front end draws it. Short forms are understood: a number for a
stat, a gauge or a progress, a text for a text or a badge, a list for a sparkline or a log, a mapping for
key-value.
"""

from typing import Annotated, Any, Final, Literal, cast

import msgspec
from msgspec import Meta

from protocol.choices import told

MAX_WIDGET_BYTES: Final = 64 * 1024

WidgetKind = Literal[
    "stat", "gauge", "sparkline", "series", "table", "key-value", "text", "log", "progress", "badge"
]
Level = Literal["info", "success", "warning", "error"]
Cell = str | int | float | bool | None
Label = Annotated[str, Meta(max_length=200)]
_Lines = Annotated[list[Annotated[str, Meta(max_length=2_000)]], Meta(max_length=500)]


class _Widget(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of all."""


class Stat(_Widget, frozen=True):
    """One figure."""

    value: str | int | float
    unit: Label = ""
    label: Label = ""
    change: float | None = None
    """Against the time before."""
    level: Level = "info"


class Gauge(_Widget, frozen=True):
    """One figure within bounds."""

    value: float
    min: float = 0.0
    max: float = 100.0
    unit: Label = ""
    level: Level = "info"


class Sparkline(_Widget, frozen=True):
    """A short course of figures."""

    values: Annotated[list[float | None], Meta(max_length=1_000)]
    unit: Label = ""


class Line(_Widget, frozen=True):
    """One line of a series."""

    name: Label
    points: Annotated[list[tuple[float, float | None]], Meta(max_length=2_000)]
    """x (seconds since the epoch, or any figure) and y."""


class Series(_Widget, frozen=True):
    """Several courses of figures over one axis."""

    lines: Annotated[list[Line], Meta(max_length=20)]
    unit: Label = ""


class Table(_Widget, frozen=True):
    """Rows under columns; each row has as many cells as there are columns."""

    columns: Annotated[list[Label], Meta(min_length=1, max_length=20)]
    rows: Annotated[list[list[Cell]], Meta(max_length=500)] = []


class KeyValue(_Widget, frozen=True):
    """Names and what they stand for."""

    items: Annotated[dict[Label, Cell], Meta(max_length=200)]


class Text(_Widget, frozen=True):
    """Plain text."""

    text: Annotated[str, Meta(max_length=20_000)]


class Log(_Widget, frozen=True):
    """The latest lines of something."""

    lines: _Lines


class Progress(_Widget, frozen=True):
    """How far something is."""

    done: Annotated[float, Meta(ge=0.0, le=1.0)]
    label: Label = ""


class Badge(_Widget, frozen=True):
    """A word with a meaning."""

    text: Label
    level: Level = "info"


FORMS: Final[dict[str, type[_Widget]]] = {
    "stat": Stat,
    "gauge": Gauge,
    "sparkline": Sparkline,
    "series": Series,
    "table": Table,
    "key-value": KeyValue,
    "text": Text,
    "log": Log,
    "progress": Progress,
    "badge": Badge,
}

_SHORT: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    "stat": ((str, int, float), "value"),
    "gauge": ((int, float), "value"),
    "sparkline": ((list,), "values"),
    "series": ((list,), "lines"),
    "text": ((str,), "text"),
    "log": ((list,), "lines"),
    "progress": ((int, float), "done"),
    "badge": ((str,), "text"),
}


def read_widget(kind: str, data: Any) -> dict[str, Any]:
    """Return a widget's data in its full form.

    Raises:
        ValueError: It is not of that kind; the message says where and why.
    """
    short = _SHORT.get(kind)
    if short is not None and isinstance(data, short[0]):
        data = {short[1]: data}
    elif kind == "key-value" and isinstance(data, dict) and "items" not in data:
        data = {"items": cast("dict[str, Any]", data)}
    try:
        made = msgspec.convert(data, FORMS[kind])
    except msgspec.ValidationError as exc:
        raise ValueError(told(exc, FORMS[kind])) from None
    if isinstance(made, Table):
        for number, row in enumerate(made.rows):
            if len(row) != len(made.columns):
                raise ValueError(f"rows[{number}]: found {len(row)} cells; allowed: {len(made.columns)}")
    if isinstance(made, Gauge) and not made.min < made.max:
        raise ValueError(f"min: found {made.min:g}; allowed: less than max, {made.max:g}")
    full = {name: getattr(made, name) for name in made.__struct_fields__}
    return msgspec.json.decode(msgspec.json.encode(full))
