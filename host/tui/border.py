"""Border: every text that came from a plugin passes here on its way into the model.

A terminal obeys control characters, and Textual passes them on: an OSC 52 in a log line would write to the
operator's clipboard. What is taken out: escape sequences, C0, C1, DEL, marks that turn the writing
direction, all other format characters, halves of surrogates, and piles of combining marks. No text from here
is ever read as markup.
"""

import re
import unicodedata
from typing import Any, Final, TypeVar, cast

import msgspec

from host.facade.tails import EventRow, LogRow, TraceRow

MAX_TEXT_CHARS: Final = 8_192
"""Of one text; what is longer is cut, and says so by its last character."""

MAX_MARKS: Final = 2
"""Combining marks on one character; more would draw over the lines above and below."""

_ESCAPES: Final = re.compile(
    # CSI, then OSC with its end, then the other strings with theirs, then what has one character behind it.
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c\n]*(?:\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SPACES: Final = frozenset({"Zs", "Zl", "Zp"})
_MARKS: Final = frozenset({"Mn", "Me"})

_T = TypeVar("_T")

_encode = msgspec.json.Encoder().encode


def clean(text: str, *, lines: bool = False) -> str:
    """Return a text as it may be shown; with `lines` its line breaks stay, without they become spaces."""
    if text.isascii() and text.isprintable() and len(text) <= MAX_TEXT_CHARS:
        return text
    cut = len(text) > MAX_TEXT_CHARS
    if cut:
        text = text[:MAX_TEXT_CHARS]
    text = _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\t", "    ")
    kept: list[str] = []
    # A mark needs a character that it stands on.
    marks = MAX_MARKS
    for char in text:
        if " " <= char <= "~":
            marks = MAX_MARKS if char == " " else 0
            kept.append(char)
            continue
        if char == "\n":
            kept.append("\n" if lines else " ")
            marks = MAX_MARKS
            continue
        category = unicodedata.category(char)
        if category in _MARKS:
            marks += 1
            if marks <= MAX_MARKS:
                kept.append(char)
            continue
        if category in _SPACES:
            kept.append(" ")
            marks = MAX_MARKS
        elif category not in _DROPPED:
            kept.append(char)
            marks = 0
    if cut:
        kept.append("…")
    cleaned = "".join(kept)
    return cleaned.rstrip("\n") if lines else cleaned


def cleaned(value: _T, *, lines: bool = False) -> _T:
    """Return a value of JSON or a struct with every text in it clean; itself where all was."""
    return value if _is_plain(value) else cast("_T", _cleaned(value, lines))


def clean_line(row: _T) -> _T:
    """Return a `LogRow`, `EventRow` or `TraceRow` clean; a log's text keeps its line breaks."""
    match row:
        case LogRow() | EventRow() | TraceRow() if _is_plain(row):
            return row
        case LogRow():
            text, plugin = clean(row.text, lines=True), clean(row.plugin)
            source, session = clean(row.source), clean(row.session)
            fields = _cleaned(row.fields, False) if row.fields else row.fields
            if (
                text is row.text
                and plugin is row.plugin
                and source is row.source
                and session is row.session
                and fields is row.fields
            ):
                return row
            changes = {"text": text, "plugin": plugin, "source": source, "session": session, "fields": fields}
            return cast("_T", msgspec.structs.replace(row, **changes))
        case EventRow() | TraceRow():
            return cast("_T", _cleaned(row, False))
        case _:
            raise TypeError(f"not a line of a tail: {type(row).__name__}")


def _is_plain(value: Any) -> bool:
    """Tell whether every text in a value is short and printable ASCII, as nearly all are.

    Asked of the value's JSON, where a control character is written with a backslash: a quarter of what it
    costs to walk through the value. A quotation mark has one too, and is none.
    """
    try:
        text = _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return False
    if len(text) > MAX_TEXT_CHARS or not text.isascii() or b"\x7f" in text:
        return False
    return b"\\" not in text or b"\\" not in text.replace(b'\\"', b"")


def _cleaned(value: Any, lines: bool) -> Any:
    match value:
        case str():
            return clean(value, lines=lines)
        case None | bool() | int() | float():
            return value
        case dict():
            entries = cast("dict[Any, Any]", value)
            kept = {_cleaned(key, False): _cleaned(item, lines) for key, item in entries.items()}
            same = len(kept) == len(entries) and all(
                old is new and entries[old] is kept[new] for old, new in zip(entries, kept, strict=True)
            )
            return entries if same else kept
        case list() | tuple():
            items = cast("list[Any] | tuple[Any, ...]", value)
            new = [_cleaned(item, lines) for item in items]
            same = all(old is item for old, item in zip(items, new, strict=True))
            return items if same else type(items)(new)
        case msgspec.Struct():
            changes: dict[str, Any] = {}
            for name in value.__struct_fields__:
                old = getattr(value, name)
                new = _cleaned(old, lines)
                if new is not old:
                    changes[name] = new
            return msgspec.structs.replace(value, **changes) if changes else value
        case _:
            return clean(str(value))
