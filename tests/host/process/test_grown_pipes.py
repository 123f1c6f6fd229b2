"""Pipes are made larger for big frames, a few at a time."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from host.process.grown_pipes import GROWN_BYTES, MAX_GROWN, GrownPipes

pytestmark = pytest.mark.skipif(
    not hasattr(fcntl, "F_SETPIPE_SZ"), reason="this system's pipes have one size"
)


@contextmanager
def pipes(count: int) -> Generator[list[int]]:
    """Yield the reading ends of so many pipes."""
    ends = [os.pipe() for _ in range(count)]
    try:
        yield [read for read, _ in ends]
    finally:
        for pair in ends:
            for fd in pair:
                os.close(fd)


def size(fd: int) -> int:
    return fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ)


def test_a_pipe_is_made_larger() -> None:
    with pipes(1) as (one,):
        GrownPipes().grow("a", one)
        assert size(one) == GROWN_BYTES


def test_only_so_many_are_until_their_owners_are_gone() -> None:
    with pipes(MAX_GROWN + 2) as ends:
        grown = GrownPipes()
        usual = size(ends[-1])
        for number, fd in enumerate(ends[:-1]):
            grown.grow(number % 2, fd)
        assert [size(fd) for fd in ends].count(GROWN_BYTES) == MAX_GROWN
        assert size(ends[-2]) == usual
        grown.release(0)
        grown.grow(0, ends[-1])
        assert size(ends[-1]) == GROWN_BYTES


def test_what_is_no_pipe_stays_as_it_is_and_counts_for_nothing() -> None:
    grown = GrownPipes()
    null = os.open(os.devnull, os.O_RDONLY)
    try:
        for _ in range(2 * MAX_GROWN):
            grown.grow("a", null)
    finally:
        os.close(null)
    with pipes(1) as (one,):
        grown.grow("a", one)
        assert size(one) == GROWN_BYTES
