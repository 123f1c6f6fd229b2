"""Growth is found, and wandering is not taken for it."""

from dataclasses import replace

import pytest

from tests.soak.holdings import Holdings, faults

FIRST = Holdings(
    at_s=0.0,
    descriptors=100,
    threads=5,
    pool_threads=2,
    tasks=155,
    unanswered=0,
    memory_bytes=70_000_000,
    blocks=265_000,
    warden_descriptors=6,
    warden_memory_bytes=26_000_000,
    processes=21,
)


def _run(**each: int) -> list[Holdings]:
    """Return forty samples in which fields grow by so much from one to the next."""
    return [
        replace(FIRST, at_s=4.5 * n, **{name: getattr(FIRST, name) + step * n for name, step in each.items()})
        for n in range(40)
    ]


def test_an_even_run_has_no_faults():
    assert faults(_run()) == []


def test_memory_that_wanders_is_not_growth():
    wandering = [
        replace(one, memory_bytes=one.memory_bytes + (n * 7 % 5) * 600_000, blocks=one.blocks + n % 3 * 2_000)
        for n, one in enumerate(_run())
    ]
    assert faults(wandering) == []


@pytest.mark.parametrize(
    ("field", "step"),
    [
        ("descriptors", 1),
        ("threads", 1),
        ("tasks", 1),
        ("pool_threads", 1),
        ("memory_bytes", 250_000),
        ("blocks", 600),
        ("warden_memory_bytes", 60_000),
        ("processes", 1),
    ],
)
def test_steady_growth_is_a_fault_that_names_what_grew(field: str, step: int):
    found = faults(_run(**{field: step}))
    assert len(found) == 1
    assert field.split("_")[0] in found[0]


def test_a_request_that_is_left_is_a_fault():
    assert "requests were left" in faults([*_run()[:-1], replace(FIRST, at_s=200.0, unanswered=1)])[0]
