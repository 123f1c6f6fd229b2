"""Plugin columns: what the overview's table shows of each plugin."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from host.facade.figures import age, count, percent, rate, ratio, size, spark, took
from host.facade.rows import PluginRow
from host.tui.columns import Cell, Column
from host.tui.ink import InkName
from host.tui.model import Model
from host.tui.states import glyph_of, urgency_of

SOFT_SHARE = 0.8
"""Of a limit: the host warns from here on, and so does the table."""

SPARK_CELLS = 10


@dataclass(frozen=True, slots=True)
class PluginLine:
    """A plugin's row and what is known beside it, at the moment of painting."""

    row: PluginRow
    cpu_past: Sequence[float | None]
    now_s: float


def lines_of(model: Model, rows: Sequence[PluginRow]) -> dict[str, PluginLine]:
    """Return what the table is handed."""
    now_s = model.now_s
    lines: dict[str, PluginLine] = {}
    for row in rows:
        past = model.histories.get(row.id)
        tail = () if past is None else tuple(past.cpu_cores)[-SPARK_CELLS:]
        lines[row.id] = PluginLine(row, tail, now_s)
    return lines


def _by_share(value: float | None, limit: float) -> InkName:
    if value is None:
        return "dim"
    if limit <= 0 or value < limit * SOFT_SHARE:
        return "plain"
    return "bad" if value >= limit else "warn"


def _version(line: PluginLine) -> Cell:
    row = line.row
    return Cell(f"{row.version}↑", "accent") if row.update else Cell(row.version, "dim")


def _state(line: PluginLine) -> Cell:
    glyph, ink = glyph_of(line.row.state)
    return Cell(f"{glyph} {line.row.state}", ink)


def _cpu(line: PluginLine) -> Cell:
    row = line.row
    text = percent(row.cpu_cores)
    if row.throttled_to is not None:
        return Cell(f"▼{text}", "warn")
    return Cell(text, _by_share(row.cpu_cores, row.cpu_limit_cores))


def _memory(line: PluginLine) -> Cell:
    row = line.row
    return Cell(size(row.memory_bytes), _by_share(row.memory_bytes, row.memory_limit_bytes))


def _errors(line: PluginLine) -> Cell:
    value = line.row.errors_pct
    return Cell(ratio(value), "plain" if value < 1 else "warn" if value < 10 else "bad")


def _restarts(line: PluginLine) -> Cell:
    number = line.row.restarts
    return Cell(str(number), "dim" if number == 0 else "warn" if number < 3 else "bad")


def _since(line: PluginLine) -> Cell:
    row = line.row
    if row.retry_at_s is not None:
        # The glyph of a state that waits, so that it is not read as an age.
        return Cell(f"↻{age(row.retry_at_s - line.now_s)}", "warn")
    if row.started_at_s is not None:
        return Cell(age(line.now_s - row.started_at_s))
    return Cell("–", "dim")


def _since_order(line: PluginLine) -> float | None:
    return None if line.row.started_at_s is None else line.now_s - line.row.started_at_s


PLUGIN_COLUMNS: tuple[Column[PluginLine], ...] = (
    Column(
        "plugin",
        "PLUGIN",
        14,
        lambda x: Cell(x.row.id, "strong"),
        lambda x: x.row.id,
        stretch=1,
        meaning="its id",
    ),
    Column(
        "version",
        "VERSION",
        8,
        _version,
        lambda x: x.row.version,
        fold=7,
        meaning="its version; ↑ where an update waits",
    ),
    Column(
        "state",
        "STATE",
        14,
        _state,
        lambda x: (urgency_of(x.row.state), x.row.state),
        meaning="what it does now; sorted by urgency",
    ),
    Column(
        "cpu",
        "CPU%",
        5,
        _cpu,
        lambda x: x.row.cpu_cores,
        right=True,
        falling=True,
        meaning="of one core, with its children; ▼ while it is throttled",
    ),
    Column(
        "mem",
        "MEM",
        5,
        _memory,
        lambda x: x.row.memory_bytes,
        right=True,
        falling=True,
        meaning="with its children",
    ),
    Column(
        "rpc",
        "RPC/s",
        6,
        lambda x: Cell(rate(x.row.calls_per_s)),
        lambda x: x.row.calls_per_s,
        right=True,
        falling=True,
        fold=1,
        meaning="calls into it",
    ),
    Column(
        "inflight",
        "INFL",
        4,
        lambda x: Cell(count(x.row.in_flight)),
        lambda x: x.row.in_flight,
        right=True,
        falling=True,
        fold=6,
        meaning="calls in flight",
    ),
    Column(
        "p50",
        "P50",
        5,
        lambda x: Cell(took(x.row.p50_s)),
        lambda x: x.row.p50_s,
        right=True,
        falling=True,
        fold=5,
        meaning="half of its calls were faster",
    ),
    Column(
        "p99",
        "P99",
        5,
        lambda x: Cell(took(x.row.p99_s)),
        lambda x: x.row.p99_s,
        right=True,
        falling=True,
        fold=2,
        meaning="one call of a hundred was slower",
    ),
    Column(
        "err",
        "ERR%",
        5,
        _errors,
        lambda x: x.row.errors_pct,
        right=True,
        falling=True,
        fold=3,
        meaning="of the calls of the last minute",
    ),
    Column(
        "restarts",
        "RST",
        4,
        _restarts,
        lambda x: x.row.restarts,
        right=True,
        falling=True,
        fold=4,
        meaning="restarts in the last ten minutes",
    ),
    Column(
        "spark",
        "CPU 10s",
        SPARK_CELLS,
        lambda x: Cell(spark(x.cpu_past, SPARK_CELLS), "accent"),
        None,
        fold=8,
        meaning="CPU of the last ten seconds",
    ),
    Column(
        "since",
        "UPTIME",
        7,
        _since,
        _since_order,
        right=True,
        falling=True,
        meaning="how long it runs, or ↻ when it is tried again",
    ),
)


def table_text(lines: Iterable[PluginLine]) -> list[str]:
    """Return the table as lines of a file, all of its columns, with titles."""
    return [
        "\t".join(column.title for column in PLUGIN_COLUMNS),
        *("\t".join(column.cell(line).text.strip() for column in PLUGIN_COLUMNS) for line in lines),
    ]
