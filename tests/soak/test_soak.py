"""Nothing that a host holds grows, whatever its plugins do: three minutes of it, `make soak` an hour."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MINUTES = 3


@pytest.mark.timeout(300)
def test_descriptors_threads_tasks_and_memory_stay_flat_under_load_and_deaths():
    command = [sys.executable, "-m", "tests.soak", "--minutes", str(MINUTES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=290)
    assert done.stdout, done.stderr[-4_000:]
    report = json.loads(done.stdout)
    assert report["faults"] == []
    assert done.returncode == 0
    assert report["deaths"] > 20
    assert len(report["done"]) == 11, "some kind of call was never made"
