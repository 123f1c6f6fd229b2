import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from host.manifest.ranges import OR, fits, parse_range


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        ("^1.6.0", ["1.6.0", "1.99"], ["1.5.9", "2.0.0", "2.0.0rc1"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0", "0.2.2"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("^0", ["0.9"], ["1.0"]),
        ("^0.0", ["0.0.7"], ["0.1"]),
        ("~1.2", ["1.2.0", "1.2.9"], ["1.3", "1.1"]),
        ("~1.2.3", ["1.2.3", "1.2.4"], ["1.2.2", "1.3.0"]),
        ("~1", ["1.0", "1.9"], ["2.0"]),
        ("~=1.4", ["1.4", "1.9"], ["2.0"]),
        ("1.2.3", ["1.2.3"], ["1.2.4"]),
        ("=1.2.3", ["1.2.3"], ["1.2.4"]),
        ("v1.2.3", ["1.2.3"], ["1.2.4"]),
        ("1.2.x", ["1.2.0", "1.2.9"], ["1.3.0"]),
        ("1.x.x", ["1.9"], ["2.0"]),
        ("==1.2.*", ["1.2.5"], ["1.3"]),
        (">= 1.0 <2", ["1.0", "1.9"], ["0.9", "2.0"]),
        (">=1.0,!=1.5, <2", ["1.4"], ["1.5", "2.0"]),
        ("1.x", ["1.0", "1.9"], ["2.0", "0.9"]),
        ("^1.x", ["1.0", "1.9"], ["2.0", "0.9"]),
        ("^1.2.x", ["1.2.0", "1.9"], ["1.1", "2.0"]),
        ("^0.2.x", ["0.2.7"], ["0.3"]),
        ("~1.2.x", ["1.2.0", "1.2.9"], ["1.3"]),
        ("~1.x", ["1.0", "1.9"], ["2.0"]),
        ("^*", ["0.1", "7"], []),
        (">=1.x", ["1.0", "3"], ["0.9"]),
        (">1.x", ["2.0"], ["1.9"]),
        ("<1.x", ["0.9"], ["1.0"]),
        ("<=1.x", ["1.9"], ["2.0"]),
        (">= 1.2.x <=2.*", ["1.2.0", "2.9"], ["1.1", "3.0"]),
        (">=*", ["0.1"], []),
        ("1.2 - 2.0", ["1.2", "2.0.9"], ["1.1", "2.1"]),
        ("1.2.3 - 2.3.4", ["1.2.3", "2.3.4"], ["1.2.2", "2.3.5"]),
        ("1.x - 2.x", ["1.0", "2.9"], ["0.9", "3.0"]),
        ("^1.0 || ^2.0", ["1.5", "2.5"], ["0.9", "3.0"]),
        ("1.0||2.0", ["1.0", "2.0"], ["1.5"]),
        ("1.0 - 1.2 || >=3,<4", ["1.1", "3.5"], ["2.0", "4.0"]),
        ("^1 || *", ["0.1", "9"], []),
        ("^1.0.0-beta.1", ["1.0.0b2", "1.0.0"], ["1.0.0a1"]),
    ],
)
def test_a_range_holds_what_its_author_meant(written: str, inside: list[str], outside: list[str]):
    versions = parse_range(written)
    assert [version for version in inside if not fits(versions, version)] == []
    assert [version for version in outside if fits(versions, version)] == []


@pytest.mark.parametrize("written", ["", "*", "x", "latest", "  "])
def test_any_version_is_an_empty_range(written: str):
    assert parse_range(written) == ""


@pytest.mark.parametrize(
    "written",
    [
        "new",
        "1.0 ||",
        "|| 1.0",
        "1 | 2",
        "^",
        "~",
        ">=",
        ">*",
        "1.2 -",
        "- 2.0",
        "git+https://x",
        ">=1.0+local",
    ],
)
def test_what_is_no_range_is_refused_with_what_is_allowed(written: str):
    with pytest.raises(ValueError, match="a version range such as"):
        parse_range(written)


@given(st.text(alphabet="0123456789.^~<>=!*xv, -ab|", max_size=12))
def test_whatever_is_accepted_is_a_specifier_that_reads_back_as_itself(written: str):
    try:
        specifier = parse_range(written)
    except ValueError:
        return
    assert OR.join(str(SpecifierSet(one)) for one in specifier.split(OR)) == specifier
    assert parse_range(specifier) == specifier
