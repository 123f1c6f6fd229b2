"""Event columns: how events look in tables, whole, and as lines of a file."""

from collections.abc import Iterable
from typing import Final

from host.facade.figures import clock, day
from host.facade.tails import EventRow
from host.tui.columns import Cell, Column
from host.tui.inked_lines import Parts
from host.tui.json_lines import json_lines
from host.tui.states import severity_glyph
from protocol.topics import HOST_TOPICS


def _kind(row: EventRow) -> Cell:
    glyph, ink = severity_glyph(row.severity)
    return Cell(f"{glyph} {row.kind}", ink if row.severity != "info" else "plain")


def _topic(row: EventRow) -> Cell:
    # What all of the host's own begin with tells nothing, and would take the place of what does.
    return Cell(row.topic.removeprefix(f"{HOST_TOPICS}."), "dim")


EVENT_COLUMNS: Final[tuple[Column[EventRow], ...]] = (
    Column("time", "TIME", 8, lambda row: Cell(clock(row.at_s), "dim"), lambda row: row.seq, falling=True),
    Column("kind", "KIND", 15, _kind, lambda row: row.kind),
    Column("plugin", "PLUGIN", 14, lambda row: Cell(row.plugin or "–", "accent"), lambda row: row.plugin),
    Column("topic", "TOPIC", 20, _topic, lambda row: row.topic, fold=2),
    Column("text", "WHAT", 20, lambda row: Cell(row.text), None, stretch=1),
    Column("by", "BY", 10, lambda row: Cell(row.by, "dim"), lambda row: row.by, fold=3),
)


def event_lines(row: EventRow) -> Iterable[Parts]:
    """Return an event whole."""
    glyph, ink = severity_glyph(row.severity)
    yield [(day(row.at_s), "plain"), (f"  {glyph} {row.severity}", ink), (f"  {row.kind}", "dim")]
    if row.plugin:
        yield [("plugin ", "dim"), (row.plugin, "accent")]
    if row.by:
        yield [("by ", "dim"), (row.by, "plain")]
    yield []
    yield [(row.text, "strong")]
    if row.data is not None:
        yield []
        yield from json_lines(row.data)


def plain_event(row: EventRow) -> str:
    """Return an event as a line of a file."""
    words = (day(row.at_s), row.kind, row.severity, row.plugin, row.topic, row.text, row.by)
    return "\t".join(words).rstrip()
