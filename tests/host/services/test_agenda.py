"""When schedules are due, on a clock that the tests drive."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from host.clock import FakeClock
from host.cron import BadSchedule, Cron, Every, read_rule, read_zone
from host.services.agenda import Agenda, Entry
from protocol.messages.provides import MissedRuns

BERLIN = "Europe/Berlin"


class TwoClocks(FakeClock):
    """Wall and monotonic clock apart."""

    def __init__(self, wall_s: float) -> None:
        super().__init__(1_000.0)
        self.wall_s = wall_s

    def wall(self) -> float:
        return self.wall_s

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self.wall_s += seconds


def at(text: str, zone: str = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def shown(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).astimezone(ZoneInfo(BERLIN)).strftime("%d %H:%M")


def begun(clock: FakeClock, entry: Entry) -> Agenda:
    agenda = Agenda(clock)
    agenda.begin(entry)
    return agenda


def cron(line: str, last_s: float, missed: MissedRuns = "skip") -> Entry:
    return Entry(Cron(line, read_zone(BERLIN)), missed, last_s)


def test_a_period_does_not_drift_however_late_it_is_looked_at() -> None:
    clock = FakeClock()
    entry = Entry(Every(10), "skip", clock.wall())
    agenda = begun(clock, entry)
    begin = clock.now_s
    for number in range(1, 50):
        clock.now_s = begin + 10 * number + 3
        assert len(agenda.due()) == 1
        entry.queue.clear()
        assert entry.due_monotonic_s == begin + 10 * (number + 1)
    assert (entry.missed, entry.overlaps) == (0, 0)


def test_a_run_that_is_still_under_way_leaves_the_next_ones_out() -> None:
    clock = FakeClock()
    entry = Entry(Every(10), "all", clock.wall())
    agenda = begun(clock, entry)
    clock.advance(10)
    assert agenda.due() == [entry]
    entry.queue.clear()
    entry.busy = True
    for _ in range(3):
        clock.advance(10)
        assert agenda.due() == []
    assert entry.overlaps == 3
    entry.busy = False
    clock.advance(10)
    assert len(agenda.due()) == 1


def test_a_period_is_no_matter_of_the_wall_clock() -> None:
    clock = TwoClocks(at("2026-03-10 12:00"))
    entry = Entry(Every(3_600), "skip", clock.wall_s)
    agenda = begun(clock, entry)
    clock.wall_s += 30 * 86_400
    assert agenda.due() == []
    clock.wall_s -= 60 * 86_400
    assert agenda.due() == []
    clock.advance(3_600)
    assert agenda.due() == [entry]


@pytest.mark.parametrize(("missed", "runs", "left"), [("skip", 0, 5), ("once", 1, 4), ("all", 5, 0)])
def test_periods_that_passed_while_the_plugin_was_away_are_made_up_for_as_it_says(
    missed: MissedRuns, runs: int, left: int
) -> None:
    clock = FakeClock(100_000.0)
    entry = Entry(Every(100), missed, clock.wall() - 555)
    agenda = begun(clock, entry)
    agenda.due()
    assert len(entry.queue) == runs
    assert entry.missed == left
    assert entry.next_s == clock.wall() + 45  # the grid is kept
    if missed == "once":
        assert (entry.queue[0].due_s, entry.queue[0].missed) == (clock.wall() - 55, 4)


def test_at_most_ten_missed_runs_are_made_up_for() -> None:
    clock = TwoClocks(at("2026-03-10 12:00"))
    entry = cron("* * * * *", clock.wall_s - 30 * 86_400, "all")
    begun(clock, entry)
    assert [shown(tick.due_s) for tick in entry.queue] == [
        *(f"10 11:{minute}" for minute in range(51, 60)),
        "10 12:00",
    ]
    assert entry.missed >= 500


def test_a_cron_line_is_local_time_over_both_changes_of_summer_time() -> None:
    rule = Cron("30 2 * * *", ZoneInfo(BERLIN))
    moment = at("2025-03-29 12:00")
    found: list[str] = []
    for _ in range(2):
        moment = rule.after(moment, 0)
        found.append(shown(moment))
    assert found == ["30 03:00", "31 02:30"]
    count, times = rule.between(at("2025-10-25 12:00"), at("2025-10-26 12:00"), 10)
    assert (count, [shown(one) for one in times]) == (1, ["26 02:30"])


def test_a_jump_back_repeats_nothing_and_a_clock_that_was_wrong_is_not_believed() -> None:
    clock = TwoClocks(at("2026-03-10 02:59"))
    entry = cron("0 3 * * *", clock.wall_s)
    agenda = begun(clock, entry)
    for _ in range(3):
        clock.advance(30)
        agenda.due()
    assert len(entry.queue) == 1
    entry.queue.clear()
    clock.wall_s -= 3_600
    for _ in range(200):
        clock.advance(30)
        assert agenda.due() == []
    assert shown(entry.next_s) == "11 03:00"
    clock.wall_s = at("2020-03-10 02:00")
    clock.advance(30)
    agenda.due()
    assert shown(entry.next_s) == "10 03:00"


def test_what_a_jump_forward_passed_over_is_missed_unless_it_was_just_now() -> None:
    clock = TwoClocks(at("2026-03-10 02:00"))
    late, just = cron("0 3 * * *", clock.wall_s), cron("30 4 * * *", clock.wall_s)
    agenda = begun(clock, late)
    agenda.begin(just)
    clock.wall_s = at("2026-03-10 04:30") + 20
    clock.advance(30)
    assert agenda.due() == [just]
    assert (late.missed, just.missed) == (1, 0)


def test_what_ended_is_not_waited_for() -> None:
    clock = FakeClock()
    entry = Entry(Every(10), "skip", clock.wall())
    agenda = begun(clock, entry)
    assert agenda.wait_s() == 10
    entry.ended = True
    assert agenda.wait_s() is None
    clock.advance(10)
    assert agenda.due() == []


@pytest.mark.parametrize(
    ("every_s", "line", "tz", "named"),
    [
        (None, "61 * * * *", "", "cron: minute: .*allowed: 0 to 59"),
        (None, "* 24 * * *", "", "cron: hour: .*allowed: 0 to 23"),
        (None, "* * 30 2 *", "", "cron: day-of-month"),
        (None, "* * * 13 *", "", "cron: month"),
        (None, "* * * * 8", "", "cron: day-of-week"),
        (None, "9" * 150 + " * * * *", "", "cron: minute"),
        (None, "* * * *", "", "five fields"),
        (None, "0 * * * * *", "", "five fields"),
        (None, "x" * 300, "", "at most 200"),
        (None, "* * * * *", "Europe/Berlim", "tz: found 'Europe/Berlim'"),
        (None, "* * * * *", "../../etc/passwd", "tz: found"),
        (None, "", "", "both or none"),
        (5.0, "* * * * *", "", "both or none"),
        (0.0, "", "", "every: found 0 s"),
        (-1.0, "", "", "every: found -1 s"),
        (float("nan"), "", "", "every: found nan"),
        (1e12, "", "", "366 days"),
        (5.0, "", "UTC", "no time zone"),
    ],
)
def test_what_is_no_schedule_is_refused_with_its_field(
    every_s: float | None, line: str, tz: str, named: str
) -> None:
    with pytest.raises(BadSchedule, match=named):
        read_rule(every_s, line, tz)


def test_schedules_that_ended_long_before_they_are_due_leave_nothing_behind() -> None:
    agenda = Agenda(FakeClock())
    kept = [Entry(Every(86_400), "skip", 0.0) for _ in range(10)]
    for entry in kept:
        agenda.begin(entry)
    for _ in range(5_000):
        entry = Entry(Every(86_400), "skip", 0.0)
        agenda.begin(entry)
        agenda.end(entry)
    assert len(agenda) < 200
    assert agenda.wait_s() is not None
