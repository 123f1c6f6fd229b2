from collections.abc import Callable

import pytest

from host.errors import Fault
from protocol.manifest import Limits, Manifest

MIB = 1024 * 1024


def test_every_limit_can_be_asked_for(read_toml: Callable[[str], Manifest]):
    limits = read_toml(
        """
        [limits]
        memory = "128m"
        cpu = 0.5
        threads = 16
        descriptors = 64
        children = 0
        file = "2Gi"
        address_space = "4g"
        processes = 10
        on_memory = "stop"
        on_cpu = "warn"
        on_other = "restart"
        """
    ).limits
    assert limits == Limits(
        memory_bytes=128 * MIB,
        cpu_cores=0.5,
        threads=16,
        descriptors=64,
        children=0,
        file_bytes=2048 * MIB,
        address_space_bytes=4096 * MIB,
        processes=10,
        on_memory="stop",
        on_cpu="warn",
        on_other="restart",
    )


@pytest.mark.parametrize(
    ("written", "size_bytes"),
    [('"512m"', 512 * MIB), ('"2Gi"', 2048 * MIB), ('"1.5g"', 1536 * MIB), ("16777216", 16 * MIB)],
)
def test_sizes_are_understood_as_people_write_them(
    read_toml: Callable[[str], Manifest], written: str, size_bytes: int
):
    assert read_toml(f"limits = {{memory = {written}}}").limits.memory_bytes == size_bytes


@pytest.mark.parametrize(("written", "cores"), [('"1000m"', 1.0), ("0.5", 0.5), ('"0.5"', 0.5), ("2", 2.0)])
def test_shares_are_understood_as_people_write_them(
    read_toml: Callable[[str], Manifest], written: str, cores: float
):
    assert read_toml(f"limits = {{cpu = {written}}}").limits.cpu_cores == cores


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("memory", '"15m"'),
        ("memory", "true"),
        ("memory", "-1"),
        ("memory", '"2000000t"'),
        ("cpu", "0"),
        ("cpu", "0.001"),
        ("cpu", '"fast"'),
        ("threads", "0"),
        ("threads", "1.5"),
        ("threads", "true"),
        ("descriptors", "8"),
        ("children", "-1"),
        ("file", "1"),
        ("address_space", '"16m"'),
        ("processes", "10000000"),
        ("on_memory", '"explode"'),
    ],
)
def test_a_limit_out_of_bounds_is_a_fault(
    toml_faults: Callable[[str], dict[str, Fault]], key: str, written: str
):
    faults = toml_faults(f"limits = {{{key} = {written}}}")
    assert set(faults) == {f"limits.{key}"}


def test_an_unknown_limit_in_json_is_passed_over(read_json: Callable[..., Manifest]):
    assert read_json({"limits": {"disk": "1g"}}).limits == Limits()


def test_acts_are_named_where_one_is_unknown(toml_faults: Callable[[str], dict[str, Fault]]):
    allowed = toml_faults('limits = {on_cpu = "explode"}')["limits.on_cpu"].allowed
    assert allowed == "one of 'warn', 'throttle', 'restart' or 'stop'"
