"""What the warden does to its image before it forks, in a process of its own."""

import json
import subprocess
import sys

PROGRAM = """
import json
from plugin_sdk.runtime.image import fill_gaps

def neighbours():
    made = [bytes(100) for _ in range(50)]
    return sum(abs(id(b) - id(a)) == 144 for a, b in zip(made, made[1:]))

every = [bytes(100) for _ in range(4_000)]
kept = every[::2]
del every
before = neighbours()
filling = fill_gaps()
print(json.dumps([before, neighbours(), len(filling)]))
"""


def test_new_objects_lie_together_once_the_gaps_are_filled():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=True
    )
    before, after, made = json.loads(done.stdout)
    assert before < 10
    assert after > 40
    assert made > 2_000
