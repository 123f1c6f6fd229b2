"""The columns of a form of parameters: which there are, what is given for each, what is allowed."""

from collections.abc import Callable, Mapping
from typing import Any

from host.tui.border import clean
from host.tui.columns import Cell, Column
from host.tui.forms.fields import Field
from host.tui.forms.params import value_faults
from host.tui.forms.typed import allowed, brief


def param_columns(given: Callable[[], Mapping[str, Any]]) -> tuple[Column[Field], ...]:
    """Return them; `given` returns what was typed or chosen so far."""
    return (
        Column(
            "key",
            "PARAMETER",
            14,
            lambda row: Cell(clean(row.key), "strong" if row.key in given() else "plain"),
            stretch=1,
        ),
        Column("value", "VALUE", 16, lambda row: _value(row, given()), stretch=2),
        Column("allowed", "ALLOWED", 16, lambda row: Cell(allowed(row), "dim"), stretch=2),
    )


def _value(row: Field, given: Mapping[str, Any]) -> Cell:
    if row.key in given:
        faults = value_faults(row, given[row.key])
        text = brief(row, given[row.key])
        return Cell(f"✖ {text}" if faults else text, "bad" if faults else "accent")
    if row.required and "default" not in row.schema:
        return Cell("▲ must be given", "warn")
    default = "default" in row.schema
    return Cell(f"{brief(row, row.schema['default'])} by default" if default else "–", "dim")
