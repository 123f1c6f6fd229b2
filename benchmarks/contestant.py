"""Contestant: one way to call a child process, as the rounds know it: a name, and a program that measures.

The program is the contestant's driver. Each line on its stdin asks for one measurement, `NAME SECONDS COUNT`;
each is answered by one line of JSON on its stdout, one of

    {"figures": [...], "pids": [...]}    the measurement's figures; the processes that a start left running
    {"absent": "why"}                    it can't do what was asked
    {"failed": "why"}                    it should have

The first line comes unasked, once its standing child is ready. At the end of stdin it ends its children and
leaves. Most contestants are driven by `benchmarks.driver`; those of another language measure themselves.
"""

import sys
from abc import ABC, abstractmethod
from typing import ClassVar


class Absent(Exception):
    """This contestant, or this machine, can't do what a row measures."""


class Contestant(ABC):
    """What the rounds know of it; never an instance."""

    name: ClassVar[str]
    about: ClassVar[str]
    """One line for the report."""
    calls: ClassVar[bool] = True
    """Whether its standing child is measured; not, where that is another contestant's."""
    starts: ClassVar[bool] = True
    """Whether starts and their memory are measured; not, where they are another contestant's."""
    most_children: ClassVar[int] = 100
    """How many it is asked to start at once; more would take the run's time, or the machine's memory."""

    @classmethod
    @abstractmethod
    def unavailable(cls) -> str:
        """Say why it can't be measured here; an empty text if it can. Builds what has to be built for it."""

    @classmethod
    def command(cls) -> list[str]:
        """Return the driver, to be run in the project's folder."""
        return [sys.executable, "-m", "benchmarks.driver", cls.name]
