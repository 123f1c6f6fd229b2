"""Filters: the one grammar by which screens and the command line choose rows.

    word                what it says somewhere; "two words" with quotes
    /regex/             the same, as a regular expression
    field:value,other   a field is one of these; `*` stands for any part of a word
    field>20            and < >= <= : = with numbers: percent, 200M, 50ms, warn
    !term               not that
    a b                 both

Case does not count. The fields are in `filter_fields`. A term about a field that a kind of row does not have
does not hold for it. What is unknown of a row is neither more nor less than anything.
"""

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import translate
from typing import Any, Final

from host.facade.filter_fields import (
    ALLOWED,
    FIELDS,
    Field,
    PluginLook,
    Subject,
    Value,
    number,
    texts_of,
)
from host.facade.rows import PluginRow
from host.facade.tails import EventRow, LogRow, TraceRow

MAX_FILTER_CHARS: Final = 500
MAX_SEARCHED_CHARS: Final = 4_096
"""Of each text; a regular expression may take long, and what it is tried on comes from plugins."""

Vocabulary = Mapping[Subject, Mapping[str, Field]]
_Test = Callable[[Any], bool]

_FIELD: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9_]*)(>=|<=|[:=<>])")
_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
    ":": operator.eq, "=": operator.eq,
}  # fmt: skip
_ALSO: Final = {"level": "lvl", "severity": "lvl", "stream": "source", "memory": "mem", "tags": "tag"}
"""Other names of fields that people try first."""


class FilterFault(ValueError):
    """A filter that can't be read: where, why, and what is allowed there."""

    def __init__(self, text: str, position: int, message: str, allowed: str) -> None:
        super().__init__(message)
        self.text = text
        self.position = position
        """Of the term, in characters from 0."""
        self.message = message
        self.allowed = allowed

    def __str__(self) -> str:
        """Return place, cause and remedy as one line."""
        return f"filter, character {self.position + 1}: {self.message}; allowed: {self.allowed}"


@dataclass(frozen=True, slots=True)
class _Term:
    tests: dict[Subject, _Test]
    negated: bool

    def holds(self, subject: Subject, row: Any) -> bool:
        test = self.tests.get(subject)
        return (test is not None and test(row)) is not self.negated


@dataclass(frozen=True, slots=True)
class Filter:
    """What was read; ask it row by row. True in a boolean context if it chooses at all."""

    text: str
    terms: tuple[_Term, ...]
    patterns: tuple[re.Pattern[str], ...]
    """Of the words and expressions that are looked for, to highlight them."""

    def __bool__(self) -> bool:
        return bool(self.terms)

    def plugin(self, row: PluginRow, problem_ids: Collection[str] = ()) -> bool:
        """Return whether a plugin is chosen; `problem_ids` are those of `ProblemRow`."""
        look = PluginLook(row, problem_ids)
        return all(term.holds("plugin", look) for term in self.terms)

    def log(self, row: LogRow) -> bool:
        """Return whether a line of a log is chosen."""
        return all(term.holds("log", row) for term in self.terms)

    def event(self, row: EventRow) -> bool:
        """Return whether an event is chosen."""
        return all(term.holds("event", row) for term in self.terms)

    def trace(self, row: TraceRow) -> bool:
        """Return whether a call is chosen."""
        return all(term.holds("trace", row) for term in self.terms)

    def entry(self, row: Mapping[str, Any]) -> bool:
        """Return whether a row of a listing is chosen; see `parse_filter`."""
        return all(term.holds("entry", row) for term in self.terms)


def parse_filter(
    text: str, subject: Subject | None = None, entry: Mapping[str, Field] | None = None
) -> Filter:
    """Read a filter; with `subject`, only that kind of row's fields are allowed.

    With `entry` it is for a listing whose rows have these fields, and for no other kind.

    Raises:
        FilterFault: It can't be read.
    """
    if len(text) > MAX_FILTER_CHARS:
        raise FilterFault(
            text, MAX_FILTER_CHARS, f"it has {len(text)} characters", f"at most {MAX_FILTER_CHARS}"
        )
    vocabulary: Vocabulary = FIELDS if entry is None else {"entry": entry}
    subjects: tuple[Subject, ...] = tuple(vocabulary) if subject is None else (subject,)
    terms: list[_Term] = []
    patterns: list[re.Pattern[str]] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        begin, negated = at, text[at] == "!"
        at += negated
        end = _end_of_term(text, at)
        word = text[at:end]
        if not word:
            raise FilterFault(text, begin, "`!` stands alone", "a term right after it, such as !state:active")
        if found := _FIELD.match(word):
            tests = _field_tests(text, begin, found, word[found.end() :], subjects, vocabulary)
        else:
            pattern = _pattern(text, begin, word)
            tests: dict[Subject, _Test] = {kind: _searcher(kind, pattern) for kind in subjects}
            if not negated:
                patterns.append(pattern)
        terms.append(_Term(tests, negated))
        at = end
    return Filter(text, tuple(terms), tuple(patterns))


def _end_of_term(text: str, at: int) -> int:
    """Return where a term ends: at white space outside of quotes, or behind the slash of an expression."""
    if text[at : at + 1] == "/":
        closing = at
        while (closing := text.find("/", closing + 1)) > 0:
            if text[closing - 1] != "\\" and (closing + 1 == len(text) or text[closing + 1].isspace()):
                return closing + 1
        raise FilterFault(
            text, at, "a regular expression has no end", '/expression/, or "/text" for what has a slash'
        )
    quoted = False
    for place in range(at, len(text)):
        if text[place] == '"':
            quoted = not quoted
        elif text[place].isspace() and not quoted:
            return place
    if quoted:
        raise FilterFault(text, text.rfind('"'), "a quote has no end", 'the text between two "')
    return len(text)


def _pattern(text: str, at: int, word: str) -> re.Pattern[str]:
    if not word.startswith("/"):
        return re.compile(re.escape(word.replace('"', "")), re.IGNORECASE)
    try:
        return re.compile(word[1:-1].replace("\\/", "/"), re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as exc:
        raise FilterFault(
            text, at, f"{word}: {exc}", "a regular expression as Python's `re` reads it"
        ) from None


def _searcher(kind: Subject, pattern: re.Pattern[str]) -> _Test:
    def test(row: Any) -> bool:
        return any(pattern.search(part, 0, MAX_SEARCHED_CHARS) for part in texts_of(kind, row))

    return test


def _field_tests(
    text: str,
    at: int,
    found: re.Match[str],
    value: str,
    subjects: tuple[Subject, ...],
    vocabulary: Vocabulary,
) -> dict[Subject, _Test]:
    name, sign = found[1].lower(), found[2]
    if not any(name in vocabulary[kind] for kind in subjects):
        name = _ALSO.get(name, name)
    having: list[tuple[Subject, Field]] = [
        (kind, vocabulary[kind][name]) for kind in subjects if name in vocabulary[kind]
    ]
    if not having:
        known = sorted({field for kind in subjects for field in vocabulary[kind]})
        near = get_close_matches(name, known, 1)
        guess = f"; did you mean {near[0]}" if near else ""
        quoted = found[0] + value.replace('"', "")
        raise FilterFault(
            text,
            at,
            f"there is no field {found[1]!r}{guess}",
            f'{", ".join(known)}; or "{quoted}" for the text',
        )
    tests: dict[Subject, _Test] = {}
    faults: list[FilterFault] = []
    for kind, field in having:
        try:
            tests[kind] = _field_test(text, at, field, name, sign, value.replace('"', ""))
        except FilterFault as fault:
            faults.append(fault)
    # One name may mean different things: `kind:request` is of calls alone, and no fault of events.
    if not tests:
        raise faults[0]
    return tests


def _field_test(text: str, at: int, field: Field, name: str, sign: str, value: str) -> _Test:
    if field.unit == "text":
        return _word_test(text, at, field, name, sign, value)
    compare = _OPERATORS[sign]
    parts = value.split(",") if compare is operator.eq else [value]
    bounds: list[float] = []
    for part in parts:
        bound = number(part, field.unit)
        if bound is None:
            found = f"{name} can't be compared with {part!r}" if part else f"{name}{sign} has no value"
            raise FilterFault(text, at, found, ALLOWED[field.unit])
        bounds.append(bound)

    def test(row: Any) -> bool:
        known = field.read(row)
        return isinstance(known, int | float) and any(compare(known, bound) for bound in bounds)

    return test


def _word_test(text: str, at: int, field: Field, name: str, sign: str, value: str) -> _Test:
    if sign not in ":=":
        raise FilterFault(text, at, f"{name} has no order", f"{name}:value; {ALLOWED['text']}")
    written = [part.lower() for part in value.split(",") if part]
    parts = [field.spellings.get(part, part) for part in written]
    if not parts:
        raise FilterFault(text, at, f"{name}{sign} has no value", ", ".join(field.words) or ALLOWED["text"])
    patterns = [re.compile(translate(part)) for part in parts]
    if field.words:
        for part, pattern in zip(parts, patterns, strict=True):
            if not any(pattern.match(word) for word in field.words):
                near = get_close_matches(part, field.words, 1)
                guess = f"; did you mean {near[0]}" if near else ""
                raise FilterFault(text, at, f"{name} is never {part!r}{guess}", ", ".join(field.words))

    def test(row: Any) -> bool:
        known = _words(field.read(row))
        return any(pattern.match(word) for word in known for pattern in patterns)

    return test


def _words(value: Value) -> tuple[str, ...]:
    match value:
        case None:
            return ()
        case tuple():
            return tuple(word.lower() for word in value)
        case _:
            return (str(value).lower(),)
