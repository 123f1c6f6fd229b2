"""Listing: the rows that a command prints: as a table or as JSON, all or what a filter takes.

One set of options for every command that prints rows. The fields of its filter are those of the rows.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import click
import msgspec

from host.cli.chosen import filter_error
from host.cli.output import print_json, print_table
from host.facade.filter_fields import Field, Unit
from host.facade.filters import Filter, FilterFault, parse_filter

Row = Mapping[str, Any]
"""One row by field, as JSON values."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How the rows of a command are asked for."""

    as_json: bool
    as_jsonl: bool
    wanted: str | None

    @property
    def is_for_programs(self) -> bool:
        """Whether it is JSON in one form or the other."""
        return self.as_json or self.as_jsonl

    def chosen(self, rows: Sequence[Row], fields: Sequence[str], units: Mapping[str, Unit]) -> list[Row]:
        """Return the rows that the filter takes.

        `fields` are those that it may name, text unless `units` has them.

        Raises:
            click.UsageError: The filter can't be read; it shows where.
        """
        known = {field: Field(units.get(field, "text"), _reader(field)) for field in fields}
        try:
            wanted: Filter = parse_filter(self.wanted or "", "entry", known)
        except FilterFault as exc:
            raise filter_error(exc) from exc
        return [row for row in rows if wanted.entry(row)]

    def show(
        self,
        rows: Sequence[Row],
        columns: Mapping[str, str],
        *,
        units: Mapping[str, Unit] | None = None,
        fields: Sequence[str] | None = None,
        text: Callable[[Row], Sequence[str]] | None = None,
        whole: Callable[[Sequence[Row]], Any] | None = None,
    ) -> None:
        """Print the rows that are wanted.

        `columns` are the heads of the table and the field in each; `text` makes the cells where they are not
        the values as they are. `whole` makes what `--json` prints where that is no list of the rows.
        """
        taken = self.chosen(rows, fields or tuple(columns.values()), units or {})
        if self.as_jsonl:
            for row in taken:
                print_json(row)
        elif self.as_json:
            print_json(taken if whole is None else whole(taken))
        else:
            cells = [
                [_cell(row[field]) for field in columns.values()] if text is None else text(row)
                for row in taken
            ]
            print_table(tuple(columns), cells)


def listing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a listing, as its argument `listing`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(more_listing_options(function))


def more_listing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give them to a command that has `--json`, as `as_json`, from elsewhere."""

    @functools.wraps(function)
    def listed(
        *arguments: Any, as_json: bool, as_jsonl: bool, wanted_rows: str | None, **options: Any
    ) -> Any:
        return function(*arguments, listing=Listing(as_json, as_jsonl, wanted_rows), **options)

    command: Callable[..., Any] = listed
    for option in (
        click.option("--filter", "wanted_rows", help="Only rows with these words, or `field:value`."),
        click.option("--jsonl", "as_jsonl", is_flag=True, help="Print JSON, a line for each row."),
    ):
        command = option(command)
    return command


def _reader(field: str) -> Callable[[Row], Any]:
    def read(row: Row) -> Any:
        value = row.get(field)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list | tuple):
            return tuple(str(one) for one in cast("Sequence[Any]", value))
        return value

    return read


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
