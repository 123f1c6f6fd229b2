"""Patterns: whether a regular expression of a plugin's schema could keep the host busy for long.

Owns the reading of the expression's own text: Python's `re` goes back and tries again, so a short expression
may take years. What could is refused; of the rest each gets the longest text that it is held against.
Sound for what it accepts, and stricter than need be: it knows no lookbehind and no reference to a group.
"""

import re
from dataclasses import dataclass, field
from typing import Final

MAX_PATTERN_CHARS: Final = 500

TEXT_CHARS: Final = (65_536, 16_384, 4_096, 512, 200)
"""Longest text by the number of parts that repeat without a bound: about ten million steps each."""

_MAX_WAYS: Final = 4_096
"""How many ways the bounded repeats may have to share a text out."""

_MANY: Final = 32
"""A repeat of more than this counts like one without bound."""

_MAX_DEPTH: Final = 16
_QUANTIFIER = re.compile(r"(?:[*+?]|\{(\d{0,5})(,?)(\d{0,5})\})[?+]?")
_OPENING = re.compile(r"\((?:\?(?::|=|!|P<\w+>))?")
_ATOM = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^0-9xuU])|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\()\[|*+?]", re.DOTALL
)


@dataclass(slots=True)
class _Part:
    """A run of alternatives: the whole expression, or one group."""

    firsts: list[str] = field(default_factory=list[str])
    """The first atom of each alternative, empty for a group."""
    atoms: list[str] = field(default_factory=list[str])
    at_start: bool = True
    starts_with_repeat: bool = False
    varies: bool = False
    """Whether the same text can be matched in more than one way, as far as we can tell."""
    alternatives: int = 1
    unbounded: int = 0
    ways: int = 1


def text_limit(pattern: str) -> int:
    """Return how many characters a text may have that is held against this expression.

    Raises:
        ValueError: It is none, or could take too long; the message says what is allowed.
    """
    if len(pattern) > MAX_PATTERN_CHARS:
        raise ValueError(f"a regular expression of at most {MAX_PATTERN_CHARS} characters")
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as exc:
        raise ValueError(f"a regular expression ({exc})") from None
    part, end = _read(pattern, 0, 0)
    if end != len(pattern):
        raise ValueError("a regular expression")
    # One that may begin anywhere is tried at each character.
    repeats = part.unbounded + (0 if pattern.startswith(("^", r"\A")) and part.alternatives == 1 else 1)
    if repeats >= len(TEXT_CHARS) or part.ways > _MAX_WAYS:
        raise ValueError(
            "a regular expression with fewer repeats: this one could take too long; "
            f"at most {len(TEXT_CHARS) - 1} without a bound, and ^ at its beginning counts for one"
        )
    return TEXT_CHARS[repeats]


def _read(pattern: str, at: int, depth: int) -> tuple[_Part, int]:
    """Read up to the group's end."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"a regular expression with groups at most {_MAX_DEPTH} deep")
    part = _Part()
    while at < len(pattern) and pattern[at] != ")":
        if pattern[at] == "|":
            part.at_start, part.varies = True, True
            part.alternatives += 1
            at += 1
            continue
        if pattern[at] == "(":
            opening = _OPENING.match(pattern, at)
            if opening is None or (pattern.startswith("(?", at) and len(opening[0]) == 1):
                raise ValueError(
                    "a regular expression whose groups are (...), (?:...), (?P<name>...), (?=...) or (?!...)"
                )
            inner, at = _read(pattern, opening.end(), depth + 1)
            least, most, at = _quantifier(pattern, at + 1)
            _add_group(part, inner, least, most)
            continue
        atom = _ATOM.match(pattern, at)
        if atom is None:
            raise ValueError("a regular expression without references to groups")
        least, most, at = _quantifier(pattern, atom.end())
        _add_atom(part, atom[0], least, most)
    part.ways = min(part.ways * part.alternatives, _MAX_WAYS + 1)
    return part, at


def _quantifier(pattern: str, at: int) -> tuple[int, int, int]:
    """Return the least and the most times, and where the quantifier ends."""
    match = _QUANTIFIER.match(pattern, at)
    if match is None or match[0] == "{}":
        return 1, 1, at
    symbol = match[0][0]
    if symbol != "{":
        return {"*": 0, "+": 1, "?": 0}[symbol], 1 if symbol == "?" else _MANY + 1, match.end()
    least = int(match[1] or 0)
    most = least if not match[2] else int(match[3]) if match[3] else _MANY + 1
    return least, max(least, most), match.end()


def _add_atom(part: _Part, atom: str, least: int, most: int) -> None:
    if part.at_start:
        part.firsts.append(atom)
        part.starts_with_repeat |= (least, most) != (1, 1)
    elif atom not in "^$":
        part.atoms.append(atom)
    part.at_start = part.at_start and atom in ("^", "$")
    if least == most:
        return
    part.varies = True
    if most > _MANY:
        part.unbounded += 1
    else:
        part.ways = min(part.ways * (most - least + 1), _MAX_WAYS + 1)


def _add_group(part: _Part, inner: _Part, least: int, most: int) -> None:
    if most > 1 and inner.varies and not _is_told_apart(inner):
        if most > _MANY or inner.unbounded:
            raise ValueError(
                "a regular expression that does not repeat what repeats or has alternatives, such as (a+)+: "
                "it could take for ever"
            )
        part.ways = min(part.ways * inner.ways ** max(most - 1, 0), _MAX_WAYS + 1)
    if part.at_start:
        part.firsts.append("")
    else:
        part.atoms.append("")
    part.at_start = False
    part.atoms += [*inner.firsts, *inner.atoms]
    part.varies |= inner.varies or least != most
    part.unbounded += inner.unbounded + (most > _MANY)
    part.ways = min(part.ways * inner.ways * (most - least + 1 if most <= _MANY else 1), _MAX_WAYS + 1)


def _is_told_apart(inner: _Part) -> bool:
    """Tell whether each turn of a repeated group begins with a character that stands nowhere else in it.

    Then a text can be shared out among the turns in one way only, such as in `(-[a-z]+)*`.
    """
    if inner.starts_with_repeat or len(inner.firsts) != 1 or "" in inner.atoms:
        return False
    first = inner.firsts[0]
    literal = first[1:] if first.startswith("\\") and not first[1:].isalnum() else first
    if len(literal) != 1 or first in (".", "^", "$"):
        return False
    return not any(re.fullmatch(atom, literal, re.IGNORECASE | re.DOTALL) for atom in inner.atoms)
