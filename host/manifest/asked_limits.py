"""Limits that a manifest asks for: sizes and shares as people write them, within sane bounds.

What is not asked for stays at the host's default.
"""

from typing import Annotated, Final

import msgspec
from pydantic import BaseModel, ConfigDict, PlainValidator

from host.manifest.durations import Duration
from protocol.manifest import Act, Limits
from protocol.sizes import format_size, parse_cores, parse_size

MIN_MEMORY_BYTES: Final = 16 * 1024 * 1024
"""About what a bare interpreter with the SDK holds: below it, no plugin would live to say hello."""

MIN_ADDRESS_SPACE_BYTES: Final = 64 * 1024 * 1024
"""Libraries are mapped as well: below it the interpreter does not start."""

MIN_FILE_BYTES: Final = 4 * 1024
"""One page: below it the smallest SQLite file can't be written."""

MIN_STORAGE_BYTES: Final = 4 * 1024
"""One page of the database."""

MAX_BYTES: Final = 2**60
"""An exbibyte. Twice the memory must fit a kernel limit's signed 64 bits."""

MIN_CORES: Final = 0.01
"""Below it a start takes minutes, and the watchdog's tolerance is larger than the limit."""

MIN_DESCRIPTORS: Final = 32
"""Standard streams, the wire, the loop's own, and what importing a module opens."""

MAX_COUNT: Final = 1_048_576
"""Linux's own ceiling for descriptors of a process (fs.nr_open), and above its default for threads."""


def _size(least: int) -> PlainValidator:
    def check(value: str | int) -> int:
        size_bytes = parse_size(value)
        if not least <= size_bytes <= MAX_BYTES:
            raise ValueError(f'at least {format_size(least)} and at most 2^60 bytes, such as "512m"')
        return size_bytes

    return PlainValidator(check, json_schema_input_type=str | int)


def _check_cores(value: str | float) -> float:
    cores = parse_cores(value)
    if cores < MIN_CORES:
        raise ValueError(f"at least {MIN_CORES} cores")
    return cores


def _count(least: int) -> PlainValidator:
    def check(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_COUNT:
            raise ValueError(f"a whole number from {least} to {MAX_COUNT}")
        return value

    return PlainValidator(check, json_schema_input_type=int)


MemorySize = Annotated[int, _size(MIN_MEMORY_BYTES)]
Cores = Annotated[float, PlainValidator(_check_cores, json_schema_input_type=str | float)]


class AskedLimits(BaseModel, frozen=True):
    """The `limits` table; None is what was not written."""

    model_config = ConfigDict(strict=True)

    memory: MemorySize | None = None
    cpu: Cores | None = None
    threads: Annotated[int, _count(1)] | None = None
    descriptors: Annotated[int, _count(MIN_DESCRIPTORS)] | None = None
    children: Annotated[int, _count(0)] | None = None
    file: Annotated[int, _size(MIN_FILE_BYTES)] | None = None
    address_space: Annotated[int, _size(MIN_ADDRESS_SPACE_BYTES)] | None = None
    processes: Annotated[int, _count(1)] | None = None
    storage: Annotated[int, _size(MIN_STORAGE_BYTES)] | None = None
    timeout: Duration | None = None
    on_memory: Act | None = None
    on_cpu: Act | None = None
    on_other: Act | None = None

    def over(self, defaults: Limits) -> Limits:
        """Return the defaults with what was asked for in their place."""
        asked = {
            "memory_bytes": self.memory,
            "cpu_cores": self.cpu,
            "threads": self.threads,
            "descriptors": self.descriptors,
            "children": self.children,
            "file_bytes": self.file,
            "address_space_bytes": self.address_space,
            "processes": self.processes,
            "storage_bytes": self.storage,
            "call_timeout_s": self.timeout,
            "on_memory": self.on_memory,
            "on_cpu": self.on_cpu,
            "on_other": self.on_other,
        }
        return msgspec.structs.replace(
            defaults, **{name: value for name, value in asked.items() if value is not None}
        )


class StrictLimits(AskedLimits, frozen=True):
    """The same, where an unknown key is a fault."""

    model_config = ConfigDict(extra="forbid")
