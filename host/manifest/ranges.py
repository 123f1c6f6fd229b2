"""Version ranges: SemVer's and PEP 440's spellings to PEP 440 specifiers, and what fits them.

Pure. Does not know what is installed; `host.manifest.requirements` compares.
"""

import re
from typing import Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

RANGE_ALLOWED: Final = (
    'a version range such as ">=1.2,<2", "^1.6.0", "~1.2", "1.2.*", "1.2 - 2.0", "^1 || ^2", "1.2.3", or "*" '
    "for any"
)
OR: Final = " || "
"""Between alternatives, each of which is a specifier."""

_ANY: Final = frozenset({"", "*", "x", "X", "latest"})
_OPEN_END = re.compile(r"(?:\.[xX*])+\Z")
_WILDCARD = re.compile(r"=?=? *v?([0-9]+(?:\.[0-9]+)?)(?:\.[xX*])+")
_BOUND = re.compile(r"(<=|>=|<|>)(v?[0-9.]+?(?:\.[xX*])+|[xX*])")
_GAP_AFTER_OPERATOR = re.compile(r"([<>=~^!]) +")


def parse_range(text: str) -> str:
    """Return the specifier for a range, empty for any version; alternatives are divided by `||`.

    Several conditions, divided by commas or spaces, must all hold.

    Raises:
        ValueError: The text is no range; the message says what is allowed.
    """
    written = text.split("||")
    if len(written) > 1 and not all(one.strip() for one in written):
        raise ValueError(RANGE_ALLOWED)
    alternatives = list(dict.fromkeys(_alternative(one) for one in written))
    return "" if "" in alternatives else OR.join(alternatives)


def fits(versions: str, version: str | Version) -> bool:
    """Tell whether a version is in a range as `parse_range` returns it; a pre-release counts as any other.

    Raises:
        InvalidVersion: It is no version.
    """
    compared = version if isinstance(version, Version) else Version(version)
    return any(SpecifierSet(one).contains(compared, prereleases=True) for one in versions.split(OR))


def _alternative(text: str) -> str:
    words = _GAP_AFTER_OPERATOR.sub(r"\1", text.strip()).replace(",", " ").split()
    clauses: list[str] = []
    while words:
        if len(words) >= 3 and words[1] == "-":
            clauses += _span(words[0], words[2])
            words = words[3:]
        else:
            clauses.append(_clause(words.pop(0)))
    try:
        return str(SpecifierSet(",".join(clause for clause in clauses if clause)))
    except InvalidSpecifier:
        raise ValueError(RANGE_ALLOWED) from None


def _clause(word: str) -> str:
    if word in _ANY:
        return ""
    if match := _WILDCARD.fullmatch(word):
        return f"=={match[1]}.*"
    if match := _BOUND.fullmatch(word):
        return _bound(match[1], match[2])
    if word[0] == "^":
        return "" if word[1:] in _ANY - {""} else _caret(_version(_OPEN_END.sub("", word[1:])))
    if word[0] == "~" and not word.startswith("~="):
        return "" if word[1:] in _ANY - {""} else _tilde(_version(_OPEN_END.sub("", word[1:])))
    if word[0] in "<>~!=" and not re.fullmatch(r"=[^=].*", word):
        return word
    # A bare version means exactly that one, as in SemVer; PEP 440 has no such spelling.
    return f"=={_version(word.removeprefix('='))}"


def _bound(operator: str, text: str) -> str:
    """Everything on one side of `1.x`, which is all of the versions that begin with 1."""
    if text in _ANY:
        if operator in ("<", ">"):
            raise ValueError(RANGE_ALLOWED)
        return ""
    version = _version(_OPEN_END.sub("", text))
    match operator:
        case ">":
            return f">={_next(version.release)}"
        case "<=":
            return f"<{_next(version.release)}"
        case _:
            return f"{operator}{version}"


def _span(low: str, high: str) -> list[str]:
    """Everything between two versions, both included; an upper one that is given in part is all of them."""
    lower = _version(_OPEN_END.sub("", low))
    upper = _version(_OPEN_END.sub("", high))
    is_part = upper.is_prerelease is False and len(upper.release) < 3
    return [f">={lower}", f"<{_next(upper.release)}" if is_part else f"<={upper}"]


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        raise ValueError(RANGE_ALLOWED) from None


def _caret(version: Version) -> str:
    """Everything that does not change the first part which is not zero."""
    release = version.release
    fixed = next((index for index, part in enumerate(release) if part), len(release) - 1)
    return f">={version},<{_next(release[: fixed + 1])}"


def _tilde(version: Version) -> str:
    """Everything with the same first two parts, or the same first one if only that is given."""
    return f">={version},<{_next(version.release[:2])}"


def _next(release: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in (*release[:-1], release[-1] + 1))
