"""The benchmarks run from end to end, in their smallest form."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CONTESTANTS = ["plughost", "floor-blocking", "floor-asyncio", "mcp"]
ROWS = [
    "sequential_p50",
    "sequential_p99",
    "pipelined",
    "payload",
    "first_start",
    "cold_start",
    "idle_pss",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Where the smallest run left its files, and what it printed."""
    folder = tmp_path_factory.mktemp("results")
    # It returns when nobody holds its stderr any more, which the children and the warden inherit: a child
    # that is left behind is a timeout here.
    arguments = ["--quick", "--rounds", "1", "--sample-s", "0.02", "--without", "mcp", "--out", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=45
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.fixture(scope="module")
def document(run: tuple[Path, str]) -> dict[str, Any]:
    return json.loads((run[0] / "latest.json").read_bytes())


def figures(document: dict[str, Any], row: str) -> dict[str, Any]:
    return next(one["figures"] for one in document["rows"] if one["name"] == row)


def test_every_row_has_a_figure_of_every_contestant_that_was_measured(document: dict[str, Any]):
    assert [row["name"] for row in document["rows"]] == ROWS
    measured = [name for name in CONTESTANTS if name != "mcp"]
    for row in ROWS:
        assert list(figures(document, row)) == measured
        for figure in figures(document, row).values():
            assert len(figure["samples"]) == document["rounds"] == 1
            assert 0 < figure["min"] <= figure["median"] <= figure["max"]


def test_a_percentile_is_not_below_the_median(document: dict[str, Any]):
    for name, figure in figures(document, "sequential_p99").items():
        assert figure["median"] >= figures(document, "sequential_p50")[name]["median"]


def test_a_bar_is_judged_by_the_ratio_of_what_was_measured_in_the_same_round(document: dict[str, Any]):
    bars = {bar["name"]: bar for bar in document["bars"]}
    pipelined = figures(document, "pipelined")
    ratio = pipelined["plughost"]["median"] / pipelined["floor-asyncio"]["median"]
    bar = bars["pipelined / floor-asyncio"]
    assert bar["ratio"] == pytest.approx(ratio)
    assert bar["ok"] is (ratio >= bar["bar"])


def test_a_bar_against_a_contestant_that_was_not_measured_is_absent_and_not_short(
    document: dict[str, Any], run: tuple[Path, str]
):
    bar = next(bar for bar in document["bars"] if bar["name"] == "pipelined / mcp")
    assert bar["ratio"] is None
    assert bar["ok"] is True
    assert run[1].splitlines()[-1].startswith("pipelined / mcp  absent")


def test_the_table_is_printed_and_written(run: tuple[Path, str]):
    folder, printed = run
    table = (folder / "latest.md").read_text(encoding="utf-8")
    assert printed.startswith(table)
    assert "| 64 in flight, calls/s" in table
