import re

import pytest

from tests.cli.conftest import Shell, gone


@pytest.mark.timeout(180)
def test_the_demo_tells_a_limit_a_crash_and_both_recoveries(shell: Shell):
    shown = shell.run("demo")
    assert shown.code == 0, shown.err
    assert "hello.greet -> 'Hello, Ada'" in shown.out
    assert "hello.count -> [0, 1, 2, 3, 4]" in shown.out
    assert re.search(r"greedy is backoff: memory .* is over its limit of 64 MiB", shown.out)
    assert "crasher is backoff: it exited with code 7" in shown.out
    assert "the caller gets: plugin 'crasher' exited with code 7" in shown.out
    for plugin in ("greedy", "crasher"):
        assert re.search(f"{plugin} is active.*{plugin} has a new process", shown.out, re.DOTALL)
    assert "error [" not in shown.err
    pids = [int(pid) for pid in re.findall(r"\bpid (\d+)", shown.out)]
    assert len(pids) == 7
    assert all(gone(pid) for pid in pids)
