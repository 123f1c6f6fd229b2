"""Sampler: the figures that it reads of real processes, compared with what they did."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from host.watchdog.sampler import DISPLAY_PSS_READS, Sampler
from tests.host.watchdog.sampled import NO_SOFT_LIMIT, Child, Watch, always, cpu_seconds, pids

MIB = 1024 * 1024


def test_a_lone_process_is_read_as_psutil_reads_it(watch: Watch) -> None:
    sample, known = watch.sample(), psutil.Process(watch.child.pid)
    assert [(key.pid, key.started) for key in sample.tree] == [(known.pid, known.create_time())]
    assert (sample.rss_bytes, sample.threads) == (known.memory_info().rss, 1)
    assert (sample.descriptors, sample.children) == (known.num_fds(), 0)


def test_memory_threads_and_descriptors_are_seen_growing(watch: Watch) -> None:
    before = watch.sample()
    watch.child.do("kept.append(b'x' * (32 << 20))")
    watch.child.do("kept.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(5))")
    watch.child.do("[threading.Thread(target=signal.pause, daemon=True).start() for _ in range(3)]")
    after = watch.sample()
    assert after.rss_bytes - before.rss_bytes >= 30 * MIB
    assert after.descriptors == before.descriptors + 5
    assert after.threads == 4


def test_the_first_cpu_figure_is_thrown_away(watch: Watch) -> None:
    watch.child.do("burn(0.3)")
    first = watch.sample()
    assert first.cpu_cores is None
    assert cpu_seconds(first, watch.sample()) < 0.2


def test_cpu_is_a_rate_since_the_sweep_before(watch: Watch) -> None:
    first = watch.sample()
    watch.child.do("burn(0.4)")
    assert 0.35 < cpu_seconds(first, watch.sample()) < 0.6


def test_pss_is_read_where_rss_is_over_the_soft_limit(start: Callable[[], Child]) -> None:
    children = {f"run {number}": start().pid for number in range(DISPLAY_PSS_READS + 2)}
    sampler = Sampler()
    for _ in range(3):
        samples = sampler.sweep(children, dict.fromkeys(children, 1))
        assert len(samples) == len(children)
        for sample in samples.values():
            assert sample.pss_bytes is not None
            assert 0 < sample.pss_bytes <= sample.rss_bytes
            assert sample.pss_age_s is not None


def test_four_trees_a_sweep_have_their_pss_read_in_turn(start: Callable[[], Child]) -> None:
    children = {f"run {number}": start().pid for number in range(DISPLAY_PSS_READS + 2)}
    sampler = Sampler()

    def sweep() -> dict[str, float]:
        """Return when each PSS was read."""
        samples = sampler.sweep(children, dict.fromkeys(children, NO_SOFT_LIMIT))
        assert all((sample.pss_bytes is None) == (sample.pss_age_s is None) for sample in samples.values())
        ages = {run: sample.pss_age_s for run, sample in samples.items()}
        return {run: -age_s for run, age_s in ages.items() if age_s is not None}

    first, second = sweep(), sweep()
    assert len(first) == DISPLAY_PSS_READS
    assert set(second) == set(children)
    assert set(children) - set(first) <= set(sorted(second, key=second.__getitem__)[-DISPLAY_PSS_READS:])


@pytest.mark.skipif(not hasattr(psutil.Process, "io_counters"), reason="the platform counts no bytes written")
def test_written_bytes_are_those_of_the_whole_tree(watch: Watch, tmp_path: Path) -> None:
    work = f"f = open({str(tmp_path / 'written')!r}, 'wb'); f.write(bytes(1 << 20)); os.fsync(f)"
    watch.child.do(f"fork({work!r})")
    sample = watch.sample()
    assert sample.written_bytes == sum(psutil.Process(pid).io_counters().write_bytes for pid in pids(sample))


def test_written_bytes_never_fall(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    for write_bytes in (5, 3, 6):
        counters = SimpleNamespace(write_bytes=write_bytes)
        monkeypatch.setattr(psutil.Process, "io_counters", always(counters), raising=False)
        written.append(watch.sample().written_bytes)
    assert written == [5, 5, 6]
