"""The benchmarks run from end to end, in their smallest form."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MEASURED = ["plughost", "floor-blocking", "floor-asyncio"]
ASKED = [
    "sequential",
    "pipelined-64",
    "call-back",
    "payload-1k",
    "stream",
    "notify",
    "start-1",
    "storage",
]


def smallest(folder: Path, *options: str, timeout_s: float = 45) -> str:
    """Make a short run; return what it printed."""
    # It returns when nobody holds its stderr any more, which the wardens inherit: a process that is left
    # behind is a timeout here.
    arguments = ["--rounds", "1", "--sample-s", "0.02", "--out", str(folder), *options]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Where the smallest run left its files, and what it printed."""
    folder = tmp_path_factory.mktemp("results")
    return folder, smallest(folder, "--only", *ASKED, "--with", *MEASURED)


@pytest.fixture(scope="module")
def document(run: tuple[Path, str]) -> dict[str, Any]:
    return json.loads((run[0] / "latest.json").read_bytes())


def figures(document: dict[str, Any], row: str) -> dict[str, Any]:
    return next(one["figures"] for one in document["rows"] if one["name"] == row)


@pytest.mark.parametrize(
    "row", ["sequential_p50", "pipelined_64", "payload_1k", "stream", "notify", "start_1"]
)
def test_a_row_has_a_figure_of_every_contestant_that_was_measured(document: dict[str, Any], row: str):
    assert list(figures(document, row)) == MEASURED
    for figure in figures(document, row).values():
        assert len(figure["samples"]) == document["rounds"] == 1
        assert 0 < figure["min"] <= figure["median"] <= figure["max"]


def test_a_percentile_is_not_below_the_median(document: dict[str, Any]):
    for name, figure in figures(document, "sequential_p99").items():
        assert figure["median"] >= figures(document, "sequential_p50")[name]["median"]


def test_what_a_contestant_can_not_do_is_absent_with_the_reason(document: dict[str, Any]):
    assert figures(document, "call_back_p50")["plughost"]["median"] > 0
    assert "can't call the host" in figures(document, "call_back_p50")["floor-asyncio"]["absent"]
    assert figures(document, "storage_p50")["plughost"]["median"] > 0


def test_a_bar_is_printed_with_its_figure_and_an_absent_one_with_the_reason(run: tuple[Path, str]):
    lines = run[1].splitlines()
    figure = next(line for line in lines if line.startswith("sequential call, asyncio / floor-asyncio "))
    assert "at most 1.2 x" in figure
    assert ("ok" in figure) != ("short" in figure)
    absent = next(line for line in lines if line.startswith("64 in flight / go-plugin net/rpc "))
    assert absent.endswith("(go-netrpc was not measured)")


def test_tables_and_plots_are_written(run: tuple[Path, str]):
    folder, printed = run
    table = (folder / "latest.md").read_text(encoding="utf-8")
    assert printed.startswith(table)
    assert "| `floor-asyncio` " in table
    plots = {path.stem for path in folder.glob("*.svg")}
    assert plots == {"calls", "payload", "starts"}
    assert all(f"]({name}.svg)" in table for name in plots)


@pytest.mark.parametrize(
    ("asked", "row", "names"),
    [
        (
            "sequential",
            "sequential_p50",
            ["plughost-uvloop", "plughost-polling", "floor-uvloop", "pygls", "mcp"],
        ),
        ("start-1", "start_1", ["plughost-exec", "rpyc", "execnet"]),
    ],
)
def test_variants_of_ours_and_the_peers_of_the_lock_can_be_measured(
    tmp_path: Path, asked: str, row: str, names: list[str]
):
    smallest(tmp_path, "--only", asked, "--with", *names)
    document = json.loads((tmp_path / "latest.json").read_bytes())
    assert not [one for one in document["contestants"].values() if one["left_out"]]
    assert all(figures(document, row)[name]["median"] > 0 for name in names)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("monitor-rest", ["monitor_first", "monitor_rest_cpu"]),
        ("monitor", ["monitor_cpu", "monitor_key", "monitor_lines", "monitor_lost"]),
        ("monitor-calls", ["monitor_calls", "monitor_moments"]),
    ],
)
def test_the_monitor_is_measured_in_a_real_terminal(tmp_path: Path, asked: str, named: list[str]):
    smallest(tmp_path, "--only", asked, "--with", "plughost", "--rest-s", "0.3", timeout_s=58)
    document = json.loads((tmp_path / "latest.json").read_bytes())
    taken = {one["name"]: one["figures"]["plughost"]["median"] for one in document["rows"]}
    assert list(taken) == named
    # None may be lost, and so short a look at a monitor at rest may not see it take any CPU.
    assert all(
        figure > 0 or (name in ("monitor_lost", "monitor_rest_cpu") and not figure)
        for name, figure in taken.items()
    )
