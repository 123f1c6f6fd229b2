import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.sizes import (
    CORES_ALLOWED,
    MAX_CORES,
    MAX_SIZE_BYTES,
    SIZE_ALLOWED,
    format_size,
    parse_cores,
    parse_size,
)


@pytest.mark.parametrize(
    ("written", "size_bytes"),
    [
        ("512m", 512 * 1024**2),
        ("512M", 512 * 1024**2),
        ("2Gi", 2 * 1024**3),
        ("64 KiB", 64 * 1024),
        ("64kb", 64 * 1024),
        ("1.5g", 3 * 1024**3 // 2),
        ("1t", 1024**4),
        ("100", 100),
        ("100B", 100),
        (" 7 ", 7),
        (4096, 4096),
    ],
)
def test_a_size_is_understood_in_the_spellings_of_containers_and_of_people(
    written: str | int, size_bytes: int
) -> None:
    assert parse_size(written) == size_bytes


@pytest.mark.parametrize(
    "written",
    ["", "m", "-1", "1kk", "1ib", "5 parsecs", "1e3", "٣", "0", "0.5", 0, -1, True, 1.5, None, "9999999t"],
)
def test_what_is_no_size_is_refused_with_what_is_allowed(written: object) -> None:
    with pytest.raises(ValueError, match="a number of bytes") as caught:
        parse_size(written)  # pyright: ignore[reportArgumentType]
    assert str(caught.value) == SIZE_ALLOWED


def test_the_largest_size_is_taken_and_the_next_refused() -> None:
    assert parse_size(MAX_SIZE_BYTES) == MAX_SIZE_BYTES
    with pytest.raises(ValueError, match="a number of bytes"):
        parse_size(MAX_SIZE_BYTES + 1)


@pytest.mark.parametrize(
    ("written", "cores"),
    [("1000m", 1.0), ("250m", 0.25), ("0.5", 0.5), (0.5, 0.5), (2, 2.0), (MAX_CORES, MAX_CORES)],
)
def test_a_processor_share_is_understood_as_cores_or_thousandths(written: str | float, cores: float) -> None:
    assert parse_cores(written) == cores


@pytest.mark.parametrize(
    "written", ["", "m", "0", "0m", 0, -1, "-1", "1k", math.nan, math.inf, 10**400, True, None, [1], "5000"]
)
def test_what_is_no_processor_share_is_refused_with_what_is_allowed(written: object) -> None:
    with pytest.raises(ValueError, match="a number of cores") as caught:
        parse_cores(written)  # pyright: ignore[reportArgumentType]
    assert str(caught.value) == CORES_ALLOWED


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (128 * 1024**2, "128 MiB"),
        (1024**2 - 1, "1 MiB"),
        (3 * 1024**5, "3072 TiB"),
        (-2048, "-2 KiB"),
    ],
)
def test_a_size_is_shown_in_the_largest_unit_that_it_fills(size_bytes: int, shown: str) -> None:
    assert format_size(size_bytes) == shown


@given(st.integers(min_value=1, max_value=MAX_SIZE_BYTES))
def test_what_is_shown_can_be_read_again_within_the_rounding(size_bytes: int) -> None:
    assert parse_size(format_size(size_bytes)) == pytest.approx(size_bytes, rel=0.06)  # pyright: ignore[reportUnknownMemberType]
