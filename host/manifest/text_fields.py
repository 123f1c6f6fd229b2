"""Text fields: types of what people write as text, each with its own words for what is allowed.

Owns cleaning: a plugin's text reaches terminals, so control characters never pass this border.
"""

import json
import re
import unicodedata
from typing import Annotated, Any, Final, get_args

from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BeforeValidator

from host.manifest.faults import near, show
from host.manifest.ranges import parse_range
from protocol.manifest import ID_PATTERN, PluginType

MAX_TEXT_CHARS: Final = 4_096

ID_ALLOWED: Final = "1 to 63 of a-z, 0-9, _ and -, beginning and ending with a letter or digit"
VERSION_ALLOWED: Final = "a version such as 1.2.0 or 1.2.0rc1"

_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_SEPARATORS: Final = frozenset({"Zl", "Zp"})
_LINE_BREAKS = re.compile(r"[ \t]*[\t\r\n]\s*")
_ID = re.compile(ID_PATTERN)
_AUTHOR = re.compile(r"([^<>]*)<([^<>\s@]+@[^<>\s@]+)>")
_APPLICATION = re.compile(r"[a-z][a-z0-9_-]{0,63}\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,255}\Z")
_RESERVED_VARIABLES: Final = ("LD_", "DYLD_", "PYTHON", "PLUGHOST_")
_FREE_VARIABLE: Final = "PLUGHOST_LOOP"
"""The host suggests an event loop by it, and a plugin may choose another."""

_CAPABILITY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.:-]{0,126}[A-Za-z0-9_])?\Z")

THEME_SECTIONS: Final = ("colors", "typography", "spacing", "shape", "shadows", "components")
MAX_THEME_BYTES: Final = 64 * 1024

TYPE_NAMES: Final[tuple[str, ...]] = get_args(PluginType)
_TYPE_SPELLINGS: Final = {"ui_theme": "theme"}


def clean_text(text: str) -> str:
    """Return the text without space around it. Raises ValueError for control characters and great length."""
    text = text.strip(" \t\r\n")
    if len(text) > MAX_TEXT_CHARS:
        raise ValueError(f"at most {MAX_TEXT_CHARS:,} characters")
    for char in text:
        category = unicodedata.category(char)
        if category == "Cc" or category in _LINE_SEPARATORS or char in _BIDI:
            raise ValueError("text without control characters")
    return text


def clean_paragraph(text: str) -> str:
    """Return text that may have been written on several lines as one line."""
    return clean_text(_LINE_BREAKS.sub(" ", text.strip(" \t\r\n")))


def check_id(text: str) -> str:
    """Return a plugin's id. Raises ValueError that proposes a good one where that is easy."""
    # fullmatch: `$` alone would let a newline at the end pass.
    if _ID.fullmatch(text):
        return text
    proposed = re.sub(r"[^a-z0-9_-]+", "-", text.lower())[:63].strip("-_")
    raise ValueError(f"{ID_ALLOWED}, such as {proposed}" if proposed else ID_ALLOWED)


def split_author(text: str) -> tuple[str, str]:
    """Return name and address of `Name <email>`; the address is empty if there is none."""
    match = _AUTHOR.fullmatch(text)
    return (match[1].strip(), match[2]) if match else (text, "")


def _check_version(text: str) -> str:
    try:
        Version(text)
    except InvalidVersion:
        raise ValueError(VERSION_ALLOWED) from None
    return text


def _spell_type(value: object) -> object:
    if not isinstance(value, str):
        return value
    name = re.sub(r"[ _-]+", "_", value.strip().lower())
    name = _TYPE_SPELLINGS.get(name, name)
    if name not in TYPE_NAMES:
        raise ValueError(near(name, TYPE_NAMES))
    return name


def _check_email(text: str) -> str:
    if text and not re.fullmatch(r"[^\s<>@]+@[^\s<>@]+", text):
        raise ValueError("an address such as name@example.com")
    return text


def _check_application(text: str) -> str:
    if not _APPLICATION.match(text):
        raise ValueError("plughost, python or an application's name: a-z, 0-9, _ and -")
    return text


def _check_variable(name: str) -> str:
    if not _VARIABLE.match(name):
        raise ValueError("a variable's name: letters, digits and _, not beginning with a digit")
    if name.upper().startswith(_RESERVED_VARIABLES) and name != _FREE_VARIABLE:
        raise ValueError(
            f"a name that does not begin with {', '.join(_RESERVED_VARIABLES)}: those are the host's"
        )
    return name


def _check_capability(text: str) -> str:
    if not _CAPABILITY.match(text):
        raise ValueError("a text such as exec.my_plugin.action: letters, digits, and _ - . : between them")
    return text


def _check_theme(theme: dict[str, Any]) -> dict[str, Any]:
    for name in theme:
        if name not in THEME_SECTIONS:
            raise ValueError(f"{near(name, THEME_SECTIONS)} (found {show(name)})")
    if len(json.dumps(theme)) > MAX_THEME_BYTES:
        raise ValueError(f"at most {MAX_THEME_BYTES // 1024} KiB")
    return theme


Text = Annotated[str, AfterValidator(clean_text)]
Paragraph = Annotated[str, AfterValidator(clean_paragraph)]
IdText = Annotated[Text, AfterValidator(check_id)]
VersionText = Annotated[Text, AfterValidator(_check_version)]
TypeName = Annotated[PluginType, BeforeValidator(_spell_type)]
EmailText = Annotated[Text, AfterValidator(_check_email)]
RangeText = Annotated[Text, AfterValidator(parse_range)]
Capability = Annotated[Text, AfterValidator(_check_capability)]
ThemeData = Annotated[dict[str, Any], AfterValidator(_check_theme)]
ApplicationName = Annotated[Text, AfterValidator(_check_application)]
VariableName = Annotated[str, AfterValidator(_check_variable)]
