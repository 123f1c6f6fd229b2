"""Version ranges: SemVer's and PEP 440's spellings to the text of a PEP 440 specifier.

Pure. Does not know what is installed; `host.manifest.requirements` compares.
"""

import re
from typing import Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

RANGE_ALLOWED: Final = (
    'a version range such as ">=1.2,<2", "^1.6.0", "~1.2", "1.2.*", "1.2.3", or "*" for any'
)

_ANY: Final = frozenset({"", "*", "x", "X", "latest"})
_WILDCARD = re.compile(r"=?=? *v?([0-9]+(?:\.[0-9]+)?)(?:\.[xX*])+")
_GAP_AFTER_OPERATOR = re.compile(r"([<>=~^!]) +")


def parse_range(text: str) -> str:
    """Return the specifier for a range, empty for any version.

    Several conditions, divided by commas or spaces, must all hold.

    Raises:
        ValueError: The text is no range; the message says what is allowed.
    """
    words = _GAP_AFTER_OPERATOR.sub(r"\1", text.strip()).replace(",", " ").split()
    clauses = [clause for word in words if (clause := _clause(word))]
    try:
        return str(SpecifierSet(",".join(clauses)))
    except InvalidSpecifier:
        raise ValueError(RANGE_ALLOWED) from None


def _clause(word: str) -> str:
    if word in _ANY:
        return ""
    if match := _WILDCARD.fullmatch(word):
        return f"=={match[1]}.*"
    if word[0] == "^":
        return _caret(_version(word[1:]))
    if word[0] == "~" and not word.startswith("~="):
        return _tilde(_version(word[1:]))
    if word[0] in "<>~!=" and not re.fullmatch(r"=[^=].*", word):
        return word
    # A bare version means exactly that one, as in SemVer; PEP 440 has no such spelling.
    return f"=={_version(word.removeprefix('='))}"


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
