"""How many descriptors a process may still open, in a process of its own."""

import subprocess
import sys

PROGRAM = """
import os
import resource
from host.process import descriptors

resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300))
print(descriptors.limit(), descriptors.free())
opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(50)]
print(descriptors.free())
descriptors.raise_limit()
print(descriptors.limit(), descriptors.free())
"""


def test_what_is_open_is_taken_off_and_the_limit_can_be_raised_to_what_the_system_allows():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30)
    first, second, third = ([int(word) for word in line.split()] for line in done.stdout.splitlines())
    limit, free = first
    assert limit == 200
    assert 150 < free < 200
    assert second == [free - 50]
    assert third == [300, free + 50]
