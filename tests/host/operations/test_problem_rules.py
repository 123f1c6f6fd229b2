"""What counts as a problem, rule by rule: from which figure on, what is said of it, and what mends it."""

from collections.abc import Sequence
from typing import Any

import pytest
from tui.staged_rows import MIB, not_running, plugin_row

from host.facade.views import ExitFacts
from host.operations.host_rules import LAG_S, findings_of_host
from host.operations.problem_book import Finding
from host.operations.problem_rules import (
    CRASH_LOOP_RESTARTS,
    DENIED_S,
    GROWTH_BYTES,
    GROWTH_STEPS,
    SLOW_CALLS,
    SLOW_S,
    SLOWER,
    Known,
    findings_of,
)
from host.operations.rates import Rate

NOW_S = 10_000.0


def found(known: Known) -> list[Finding]:
    return [*findings_of(known, NOW_S)]


def one(known: Known) -> Finding:
    [finding] = found(known)
    return finding


def kinds(known: Known) -> list[str]:
    return [finding.kind for finding in found(known)]


def ended(cause: str, detail: str = "it exited with code 7", stderr: Sequence[str] = ()) -> ExitFacts:
    return ExitFacts(cause, detail, "exited with code 7", 7, None, 3.0, "", None, None, tuple(stderr))


def test_a_plugin_that_is_well_is_no_problem():
    assert found(Known(plugin_row("p"), ended("stopped"))) == []


def test_a_broken_manifest_is_the_only_problem_of_a_plugin():
    row = not_running("p", "error", manifest_faults=("a: found 1; allowed: 2",) * 30)
    finding = one(Known(row, config_faults=("x",), dead_letters=3))
    assert (finding.kind, finding.fix, finding.severity) == ("manifest", "host_rescan", "error")
    assert finding.title == "its manifest has 30 faults"
    assert len(finding.evidence) == 20


def test_one_of_a_thing_is_said_in_the_singular():
    assert one(Known(not_running("p", "error", manifest_faults=("x",)))).title == "its manifest has 1 fault"
    assert one(Known(plugin_row("p"), dead_letters=1)).title == "1 event could not be handled"
    assert one(Known(plugin_row("p"), lost_lines=1)).evidence[0].startswith("1 log line:")
    assert one(Known(plugin_row("p"), denied=[("a", 1, NOW_S)])).evidence == ("a: denied 1 time",)


@pytest.mark.parametrize(
    ("state", "cause", "kind", "fix"),
    [
        ("quarantined", "crashed", "crash_loop", "plugin_reset"),
        ("unresponsive", "crashed", "unresponsive", "plugin_restart"),
        ("error", "refused", "handshake", "plugin_start"),
        ("error", "protocol_faults", "handshake", "plugin_start"),
        ("error", "load_failed", "failed", "plugin_start"),
        ("backoff", "crashed", "crash_loop", "plugin_restart"),
    ],
)
def test_a_state_that_is_bad_is_a_problem_with_a_verb_that_mends_it(
    state: str, cause: str, kind: str, fix: str
):
    finding = one(Known(not_running("p", state, reason="because"), ended(cause)))
    assert (finding.kind, finding.fix) == (kind, fix)
    assert finding.evidence[0] == "because"
    assert finding.remedy


def test_evidence_has_the_end_and_its_last_lines_and_says_nothing_twice():
    facts = ended("crashed", "it exited with code 7", ["a", "b", "c", "\x1b[2Jd"])
    finding = one(Known(not_running("p", "backoff", reason="why", restarts=1), facts))
    assert finding.evidence == (
        "why",
        "last end: crashed, it exited with code 7",
        "1 restart in the last 10 minutes",
        "stderr: b",
        "stderr: c",
        r"stderr: \x1b[2Jd",
    )
    same = one(Known(not_running("p", "backoff", reason="it exited with code 7; tried again"), facts))
    assert not any(line.startswith("last end") for line in same.evidence)


def test_restarts_are_a_crash_loop_from_the_third_on_though_it_runs_now():
    few = plugin_row("p", restarts=CRASH_LOOP_RESTARTS - 1)
    assert found(Known(few)) == []
    finding = one(Known(plugin_row("p", restarts=CRASH_LOOP_RESTARTS)))
    assert (finding.kind, finding.severity) == ("crash_loop", "error")


def test_an_error_that_has_a_reason_of_its_own_is_said_once():
    row = not_running("p", "error", waiting_permissions=("storage",))
    assert kinds(Known(row)) == ["consent"]
    assert kinds(Known(not_running("p", "error"), config_faults=("interval_s: found 0",))) == [
        "configuration"
    ]


def test_what_is_throttled_or_near_its_memory_is_at_a_limit():
    assert "throttled to 36%" in one(Known(plugin_row("p", throttled_to=0.36))).evidence[0]
    near = plugin_row("p", memory_bytes=500 * MIB)
    assert one(Known(near)).evidence == ("it uses 500 MiB of 512 MiB memory (RSS)",)
    assert found(Known(plugin_row("p", memory_bytes=300 * MIB))) == []


def test_an_end_by_a_limit_counts_as_long_as_its_restart_does():
    facts = ended("limit", "memory 600M is over its limit")
    assert one(Known(plugin_row("p", restarts=1), facts)).evidence == ("memory 600M is over its limit",)
    assert found(Known(plugin_row("p"), facts)) == []


def _grown(step_bytes: int, steps: int = GROWTH_STEPS) -> list[tuple[float, int]]:
    return [(10.0 * n, 40 * MIB + n * step_bytes) for n in range(steps)]


def test_memory_that_grows_and_never_shrinks_is_a_problem_once_it_is_much():
    much = GROWTH_BYTES // 10
    assert kinds(Known(plugin_row("p"), memory=_grown(much))) == ["memory_growth"]
    assert kinds(Known(plugin_row("p"), memory=_grown(much, GROWTH_STEPS - 1))) == []
    assert kinds(Known(plugin_row("p"), memory=_grown(1_000))) == []


def test_memory_that_comes_and_goes_does_not_grow():
    saw = [(at_s, size if n % 10 else 40 * MIB) for n, (at_s, size) in enumerate(_grown(2 * MIB))]
    assert kinds(Known(plugin_row("p"), memory=saw)) == []


def _slow(**changes: Any) -> Known:
    rate: dict[str, Any] = {"calls": SLOW_CALLS, "p50_s": SLOW_S} | changes
    return Known(plugin_row("p"), rate=Rate(**rate), usual_p50_s=SLOW_S / SLOWER)


def test_slow_is_against_its_own_past_over_enough_calls_and_not_below_what_is_felt():
    finding = one(_slow())
    assert (finding.kind, finding.title) == ("slow", "calls take 4 times as long as usual")
    for changes in ({"calls": SLOW_CALLS - 1}, {"p50_s": SLOW_S * 0.9}, {"p50_s": None}):
        assert found(_slow(**changes)) == []
    assert found(Known(plugin_row("p"), rate=Rate(calls=99, p50_s=9.0), usual_p50_s=None)) == []


def test_a_denial_is_a_problem_until_it_is_old_and_names_how_it_is_granted():
    denied = [("email:send", 3, NOW_S - DENIED_S), ("a", 1, NOW_S), ("old", 9, NOW_S - DENIED_S - 1)]
    finding = one(Known(plugin_row("p"), denied=denied))
    assert finding.title == "it was denied email:send and 1 more"
    assert finding.evidence == ("email:send: denied 3 times", "a: denied 1 time")
    assert "plughost perms grant p email:send" in finding.remedy
    assert found(Known(plugin_row("p"), denied=denied[2:])) == []


def test_what_a_plugin_says_of_itself_is_cleaned():
    known = Known(
        plugin_row("p"),
        denied=[("\x1b]52;c;x\x07e", 1, NOW_S)],
        config_faults=["\x9b2Jy"],
    )
    said = [text for finding in found(known) for text in (*finding.evidence, finding.title, finding.remedy)]
    assert not any(char in text for text in said for char in "\x1b\x07\x9b")


def test_lost_lines_and_lost_events_are_one_problem_with_a_line_each():
    finding = one(Known(plugin_row("p"), lost_lines=5, lost_events=2))
    assert finding.kind == "dropped"
    assert [line.split(":")[0] for line in finding.evidence] == ["5 log lines", "2 events"]


def test_the_hosts_own_problems_are_its_lag_its_recorder_and_its_user():
    assert [*findings_of_host(LAG_S - 0.01, "", is_root=False)] == []
    seen = [*findings_of_host(LAG_S, "disk full", is_root=True)]
    assert [(f.kind, f.plugin, f.severity) for f in seen] == [
        ("host_lag", "", "warning"),
        ("recorder", "", "error"),
        ("root", "", "warning"),
    ]
    assert "0.50 s" in seen[0].evidence[0]
