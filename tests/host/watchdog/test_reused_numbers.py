"""Numbers that pass from one process to another between two sweeps, where the next one may be chosen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from host.watchdog.proc_probe import probe
from host.watchdog.psutil_reader import PsutilReader
from host.watchdog.sampler import Sampler
from tests.host.watchdog.obedient import Obedient

NO_SOFT_LIMIT = 1 << 60
LAST_PID = Path("/proc/sys/kernel/ns_last_pid")


def may_choose_numbers() -> bool:
    try:
        LAST_PID.write_text(LAST_PID.read_text())
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not may_choose_numbers(), reason="the next pid may not be chosen here")


class Pair:
    """A watched process, and a stranger."""

    def __init__(self, sampler_of: str) -> None:
        reader = PsutilReader() if sampler_of == "psutil" else probe()
        assert reader is not None
        self.watched, self.stranger = Obedient(), Obedient()
        self.sampler = Sampler(reader=reader)

    def tree(self) -> list[int]:
        """Sweep; return who is in the tree beside the root."""
        sample = self.sampler.sweep({"run": self.watched.pid}, {"run": NO_SOFT_LIMIT})["run"]
        return [key.pid for key in sample.tree[1:]]

    def close(self) -> None:
        self.sampler.forget("run")
        self.watched.close()
        self.stranger.close()


@pytest.fixture(params=["psutil", "proc"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    pair = Pair(request.param)
    yield pair
    pair.close()


def test_a_member_whose_number_passes_to_a_stranger_leaves_the_tree(pair: Pair) -> None:
    kid = pair.watched.ask("fork()")
    assert pair.tree() == [kid]
    pair.watched.do(f"end({kid})")
    pair.stranger.do(f"fork_as({kid})")
    for _ in range(3):
        assert pair.tree() == []
    pair.stranger.do(f"end({kid})")
    pair.watched.do(f"fork_as({kid})")
    assert pair.tree() == [kid]


def test_a_strangers_number_that_passes_to_a_member_is_found_by_the_next_sweep(pair: Pair) -> None:
    kid = pair.stranger.ask("fork()")
    for _ in range(3):
        assert pair.tree() == []
    pair.stranger.do(f"end({kid})")
    pair.watched.do(f"fork_as({kid})")
    assert pair.tree() == [kid]


def test_a_member_whose_number_passes_to_another_member_is_counted_anew(pair: Pair) -> None:
    kid = pair.watched.ask("fork('burn(0.2)')")
    assert pair.tree() == [kid]
    pair.watched.do(f"end({kid})")
    pair.watched.do(f"fork_as({kid})")
    for _ in range(2):
        assert pair.tree() == [kid]
