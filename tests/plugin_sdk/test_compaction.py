"""Code that plugins run lies together in the warden's image, and is the same code."""

import json
import subprocess
import sys

import pytest

if sys.platform != "linux":
    pytest.skip("only Linux has a warden", allow_module_level=True)

PROGRAM = """
import gc, json, sys
from types import FunctionType

from plugin_sdk.runtime import compaction, forked, image, rehearsal, trial

class Placard:
    def write(self, name, marks): pass

rehearsal.rehearse()
ran = set(trial.code_of_a_life(lambda spec: forked.fit(spec, Placard())))

def pages():
    return len({id(one.__code__) // 4096 for one in functions})

functions = [one for one in gc.get_objects() if type(one) is FunctionType and id(one.__code__) in ran]
names = {one.__qualname__ for one in functions}
before = {one: one.__code__ for one in functions}
pages_before = pages()
# How many gaps this process's memory has depends on all that was imported; copies would go into them.
filling = image.fill_gaps()
originals = compaction.bring_together([*ran])
rehearsal.rehearse()
print(json.dumps({
    "names": sorted(names),
    "moved": all(one.__code__ is not code for one, code in before.items()),
    "same": all(one.__code__ == code and one.__code__.co_filename == code.co_filename
                and one.__code__.co_qualname == code.co_qualname for one, code in before.items()),
    "kept": len(originals),
    "functions": len(functions),
    "pages": [pages_before, pages()],
}))
"""


def test_what_a_life_runs_is_found_and_brought_together() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=True
    )
    told = json.loads(done.stdout)
    # From the fork itself to the end of the session.
    assert {"_after_fork", "become", "fit", "Session._initialize", "Session._unload"} <= {*told["names"]}
    assert told["moved"]
    assert told["same"]
    assert told["kept"] == told["functions"]
    before, after = told["pages"]
    assert after < before / 2


TOO_FEW = """
import resource
from plugin_sdk.runtime import forked, trial
resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))
assert trial.code_of_a_life(lambda spec: forked.fit(spec, None)) == []
"""


def test_without_room_for_a_trial_nothing_is_found() -> None:
    subprocess.run([sys.executable, "-c", TOO_FEW], timeout=30, check=True)


TOO_LONG = """
import os, threading
from plugin_sdk.runtime import trial
trial._LIMIT_S = 0.3
assert trial.code_of_a_life(lambda spec: threading.Event().wait()) == []
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    raise SystemExit(0)
raise SystemExit("its process is left")
"""


def test_a_trial_that_does_not_end_is_ended_and_tells_nothing() -> None:
    subprocess.run([sys.executable, "-c", TOO_LONG], timeout=30, check=True)
