"""What was acknowledged is there, however often its host is killed."""

import subprocess
import sys
from pathlib import Path

import pytest

ROUNDS = 100


@pytest.mark.timeout(120)
def test_nothing_that_was_acknowledged_is_lost_when_a_host_is_killed(tmp_path: Path) -> None:
    program = Path(__file__).with_name("killed_writers.py")
    done = subprocess.run(
        [sys.executable, program, tmp_path, str(ROUNDS)],
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    )
    acknowledged, there = map(int, done.stdout.split())
    assert acknowledged > ROUNDS
    assert there == acknowledged
