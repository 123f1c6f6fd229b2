"""The filter grammar: what is chosen, and what a fault says."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.facade.filter_fields import FIELDS, STATES, PluginLook, Subject
from host.facade.filters import MAX_FILTER_CHARS, Filter, FilterFault, parse_filter
from host.facade.rows import PluginRow
from host.facade.tails import EventRow, LogRow, TraceRow
from host.supervision.states import State

ROW = PluginRow(
    id="github", name="GitHub sync", version="1.2.0", update="1.3.0", type="service", tags=("net", "ci"),
    state="active", reason="", pid=4, session="s1", enabled=True, wanted="running", started_at_s=1.0,
    retry_at_s=None, restarts=3, cpu_cores=0.25, cpu_limit_cores=1.0, memory_bytes=250 * 2**20,
    memory_basis="RSS", memory_limit_bytes=512 * 2**20, threads=4, descriptors=12, children=0,
    throttled_to=None, calls=10, errors=1, calls_per_s=2.5, errors_pct=10.0, in_flight=1, p50_s=0.002,
    p99_s=0.08, faults=0, late=0, waiting_permissions=(), manifest_faults=(),
)  # fmt: skip
LINE = LogRow(
    seq=1, at_s=1.0, plugin="github", session="s1", level=30, source="stderr", text="Rate limit hit"
)
EVENT = EventRow(
    seq=1,
    at_s=1.0,
    kind="lifecycle",
    plugin="github",
    topic="plugin.state",
    text="it ended",
    severity="error",
)
CALL = TraceRow(
    key="k", at_s=1.0, plugin="github", session="s1", direction="out", kind="request", id="7",
    method="storage.get", ended_s=3.0, code=-32603, error="disk full", request_bytes=10, response_bytes=2000,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("", True),
        ("  ", True),
        ("git", True),
        ("GITHUB", True),
        ("sync net", True),
        ("sync nothing", False),
        ('"GitHub sync"', True),
        ('"sync GitHub"', False),
        ("/^git.ub$/", True),
        ("/two words|hub s/", True),
        ("/^hub/", False),
        ("!hub", False),
        ("!/^hub/", True),
        ("state:error,active", True),
        ("state:error,backoff", False),
        ("state:running", True),
        ("state:healthy,error", True),
        ("!state:running", False),
        ("state:initializing", False),
        ("!state:error", True),
        ("cpu>20", True),
        ("cpu>=25", True),
        ("cpu<25%", False),
        ("mem>200M", True),
        ("mem>200MiB", True),
        ("mem>=250MB", True),
        ("mem>1G", False),
        ("p99>50ms", True),
        ("p99>0.1s", False),
        ("restarts>=3", True),
        ("restarts:2,3", True),
        ("tag:ci", True),
        ("tag:c*", True),
        ("tag:x", False),
        ("id:git*", True),
        ("version:1.*", True),
        ("is:update is:running", True),
        ("is:problem", False),
        ("rpc>2 err=10 inflight:1", True),
        ("children:0 fds>=12 threads<5", True),
    ],
)
def test_a_filter_chooses_plugins(text: str, chosen: bool):
    assert parse_filter(text, "plugin").plugin(ROW) is chosen
    assert parse_filter(text).plugin(ROW) is chosen


def test_a_plugin_is_a_problem_where_one_of_the_ids_is_its_own():
    assert parse_filter("is:problem").plugin(ROW, {"crash_loop:github", "root"})
    assert parse_filter("problem:crash*").plugin(ROW, ["crash_loop:github"])
    assert not parse_filter("is:problem").plugin(ROW, {"crash_loop:hub", "root"})


def test_what_is_unknown_is_neither_more_nor_less():
    row = msgspec.structs.replace(ROW, cpu_cores=None)
    assert not parse_filter("cpu>0").plugin(row)
    assert not parse_filter("cpu<=0").plugin(row)
    assert parse_filter("!cpu>0").plugin(row)


def test_a_filter_chooses_lines_of_logs():
    assert parse_filter("lvl>=warn plugin:github rate").log(LINE)
    assert parse_filter("level:warning source:stderr").log(LINE)
    assert not parse_filter("lvl>=error").log(LINE)
    assert not parse_filter("cpu>1").log(LINE)
    assert parse_filter("!cpu>1").log(LINE)


def test_a_filter_chooses_events():
    assert parse_filter("kind:lifecycle topic:plugin.* lvl>=error").event(EVENT)
    assert not parse_filter("kind:audit").event(EVENT)


def test_a_filter_chooses_calls():
    assert parse_filter("method:storage.* err:-32603 dur>1s").trace(CALL)
    assert parse_filter("is:error dir:out kind:request bytes>1K").trace(CALL)
    assert not parse_filter("is:open").trace(CALL)
    assert not parse_filter("dur>1s").trace(msgspec.structs.replace(CALL, ended_s=None))


@pytest.mark.parametrize(
    ("text", "position", "says", "allows"),
    [
        ("x stat:error", 2, "did you mean state", "state"),
        ("state:eror", 0, "did you mean error", "quarantined"),
        ("cpu>fast", 0, "'fast'", "percent"),
        ("p99>50", 0, "'50'", "50ms"),
        ("mem>2X", 0, "'2X'", "200M"),
        ("cpu>", 0, "no value", "percent"),
        ("state:", 0, "no value", "active"),
        ("state>3", 0, "no order", "state:value"),
        ("a /b", 2, "no end", "/expression/"),
        ("/(/", 0, "missing ), unterminated", "regular expression"),
        ('a "b', 2, "no end", '"'),
        ("a !", 2, "stands alone", "!state:active"),
        ("http:x", 0, "no field 'http'", '"http:x"'),
    ],
)
def test_a_fault_says_where_why_and_what_is_allowed(text: str, position: int, says: str, allows: str):
    with pytest.raises(FilterFault) as caught:
        parse_filter(text)
    fault = caught.value
    assert (fault.text, fault.position) == (text, position)
    assert says in fault.message
    assert allows in fault.allowed
    assert str(fault).startswith(f"filter, character {position + 1}: ")


def test_a_field_of_other_rows_is_a_fault_where_the_kind_of_row_is_known():
    with pytest.raises(FilterFault, match="no field 'cpu'"):
        parse_filter("cpu>20", "log")
    assert parse_filter("cpu>20")


def test_a_filter_has_a_bound():
    with pytest.raises(FilterFault, match="501 characters"):
        parse_filter("x" * (MAX_FILTER_CHARS + 1))


def test_words_that_are_looked_for_can_be_highlighted():
    found = parse_filter("rate /l.mit/ !x lvl:warn").patterns
    assert [pattern.pattern for pattern in found] == ["rate", "l.mit"]


def test_the_states_are_those_of_the_host():
    assert set(STATES) == {state.value for state in State}


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str):
    fault, parsed = _read(text)
    if fault is not None:
        assert 0 <= fault.position <= len(text)
        return
    for ask, row in _asked(parsed):
        assert ask(row) in (True, False)


def _read(text: str) -> tuple[FilterFault | None, Filter]:
    try:
        return None, parse_filter(text)
    except FilterFault as fault:
        return fault, parse_filter("")


def _asked(parsed: Filter) -> list[tuple[Any, Any]]:
    return [(parsed.plugin, ROW), (parsed.log, LINE), (parsed.event, EVENT), (parsed.trace, CALL)]


def test_every_field_can_be_read_of_a_row():
    rows: dict[Subject, Any] = {"log": LINE, "event": EVENT, "trace": CALL, "plugin": PluginLook(ROW, ())}
    for kind, row in rows.items():
        for field in FIELDS[kind].values():
            field.read(row)
