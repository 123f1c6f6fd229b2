"""Chosen: which plugins a command means: by id, by filter, or all of them."""

import difflib
from collections.abc import Iterable, Sequence

import click

from host.errors import PluginNotFound
from host.facade.filters import FilterFault, parse_filter
from host.facade.rows import PluginRow, ProblemRow


def problem_ids(problems: Iterable[ProblemRow]) -> set[str]:
    """Return the plugins that have a problem."""
    return {one.plugin for one in problems if one.plugin}


def by_filter(
    rows: Sequence[PluginRow], text: str | None, problems: Iterable[ProblemRow] = ()
) -> list[PluginRow]:
    """Return the rows that a filter takes. A filter that can't be read is a usage error that shows where."""
    if not text:
        return [*rows]
    try:
        wanted = parse_filter(text, "plugin")
    except FilterFault as exc:
        raise filter_error(exc) from exc
    ids = problem_ids(problems)
    return [row for row in rows if wanted.plugin(row, ids)]


def by_ids(rows: Sequence[PluginRow], ids: Sequence[str]) -> list[PluginRow]:
    """Return the rows with these ids, in their order. Raises PluginNotFound, with near names."""
    known = {row.id: row for row in rows}
    for one in ids:
        if one not in known:
            raise PluginNotFound(one, difflib.get_close_matches(one, known, n=3))
    return [known[one] for one in ids]


def filter_error(fault: FilterFault) -> click.UsageError:
    """Return the usage error that shows where a filter can't be read."""
    mark = " " * fault.position + "^"
    return click.UsageError(
        f"the filter can't be read: {fault.message}\n  {fault.text}\n  {mark}\n  allowed: {fault.allowed}"
    )
