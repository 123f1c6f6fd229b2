"""Host rules: what counts as a problem of the host itself, as a pure function. `ProblemBook` keeps it."""

from collections.abc import Iterator
from typing import Final

from host.logs import clean
from host.operations.problem_book import Finding

LAG_S: Final = 0.5
"""A loop that was blocked for longer delays every plugin."""


def findings_of_host(lag_s: float, recorder_fault: str, is_root: bool) -> Iterator[Finding]:
    """Yield what is wrong with the host itself; `lag_s` is its loop's longest in the last minute."""
    if lag_s >= LAG_S:
        yield Finding(
            "host_lag",
            "",
            "warning",
            f"the host's event loop was blocked for {lag_s:.1f} s",
            (f"longest lag of the last minute: {lag_s:.2f} s",),
            "move blocking work of the embedding program off the loop; give the machine more processor",
        )
    if recorder_fault:
        yield Finding(
            "recorder",
            "",
            "error",
            "the flight recorder can't be written",
            (clean(recorder_fault),),
            "make room on the disk, or mend the data folder's permissions",
            lingers=False,
        )
    if is_root:
        yield Finding(
            "root",
            "",
            "warning",
            "the host runs as root, and its plugins are not sandboxed",
            ("every plugin may do whatever this user may, which is everything",),
            "run it as a user of its own, see docs/production.md",
            lingers=False,
        )
