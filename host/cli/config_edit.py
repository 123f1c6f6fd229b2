"""`plughost config edit`: a plugin's configuration as a text in the operator's own editor.

Reads, lets go of the host or of the data folder while the text is edited, and saves what is different, with
the revision that was read. A text that can't be saved is edited again, or stays where it is said to be.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import click
import msgspec

from host.cli.config_draft import Draft
from host.cli.output import print_error
from host.errors import ConfigurationRefused, Conflict, InvalidConfiguration, InvalidParams, PlughostError
from host.logs import clean
from host.masking import MASK
from host.services.configuration_schema import Schema

_MENDABLE: Final = (InvalidConfiguration, ConfigurationRefused, InvalidParams)
"""What another edit may mend."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A configuration as it was read."""

    plugin: str
    values: Mapping[str, Any]
    """Secrets masked."""
    origins: Mapping[str, str]
    schema: Schema
    revision: int

    def text(self) -> str:
        """Return the document: lines that begin with `#` are of no account, the rest is JSON."""
        about = [
            f"# Configuration of {self.plugin}, revision {self.revision}. Save it and leave the editor",
            "# to apply it; an unchanged file changes nothing.",
            "# A key that is taken out is given by the lower layers again.",
        ]
        if MASK in msgspec.json.encode(self.values).decode():
            about.append(f"# {MASK} stands for a secret: leave it to keep it, or type the new one.")
        about += [f"#   {clean(key)}: {self._of(key)}" for key in sorted(self.origins)]
        body = msgspec.json.format(msgspec.json.encode(self.values), indent=2).decode()
        return "\n".join(about) + f"\n{body}\n"

    def _of(self, key: str) -> str:
        kinds = " or ".join(sorted(self.schema.types(key.split("."))))
        return f"{kinds}, from {clean(self.origins[key])}" if kinds else f"from {clean(self.origins[key])}"


def read_text(text: str) -> dict[str, Any]:
    """Return the values of an edited document.

    Raises:
        InvalidParams: It is no table of JSON.
    """
    body = "\n".join("" if line.lstrip().startswith("#") else line for line in text.split("\n"))
    try:
        values = msgspec.json.decode(body.encode())
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as exc:
        raise InvalidParams(f"the text is no JSON: {exc}", remedy="mend it where it says") from None
    if not isinstance(values, dict):
        raise InvalidParams("the text is no table", remedy='it begins with "{" and ends with "}"')
    return cast("dict[str, Any]", values)


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the values that are to be set, as tables, and the dotted keys that are to be unset."""
    changes: dict[str, Any] = {}
    unset: list[str] = [key for key in old if key not in new]
    for key, value in new.items():
        before = old.get(key)
        if key in old and before == value and type(before) is type(value):
            continue
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            inner, gone = difference(cast("Mapping[str, Any]", before), cast("Mapping[str, Any]", value))
            unset += [f"{key}.{name}" for name in gone]
            if inner:
                changes[key] = inner
            continue
        changes[key] = value
    return changes, tuple(unset)


_T = TypeVar("_T")

Save = Callable[[dict[str, Any], tuple[str, ...], int], _T]
"""Has values set and unset at a revision; returns what came of it."""


def edit(shown: Shown, save: Save[_T]) -> _T | None:
    """Have a configuration edited until it can be saved; None if nothing was changed.

    Raises:
        PlughostError: It was not saved, and the remedy says where the text is.
    """
    draft = Draft(f"{shown.plugin}.json", shown.text())
    try:
        while True:
            draft.edit()
            try:
                changes, unset = difference(shown.values, read_text(draft.text))
                saved = save(changes, unset, shown.revision) if changes or unset else None
            except _MENDABLE as exc:
                if not _again(exc):
                    raise
            else:
                draft.discard()
                return saved
    except PlughostError as exc:
        exc.remedy = f"{_remedy_of(exc)}; your text is in {draft.path}"
        raise


def _again(exc: PlughostError) -> bool:
    """Show what is wrong and ask whether to go on; nobody is asked where there is no terminal."""
    if not sys.stdin.isatty():
        return False
    print_error(exc, as_json=False)
    try:
        return click.confirm("edit it again?", default=True, err=True)
    except click.Abort:
        return False  # the text stays, and it is said where


def _remedy_of(exc: PlughostError) -> str:
    if isinstance(exc, Conflict):
        return "somebody else changed it meanwhile: run `plughost config edit` again and put your changes in"
    return exc.remedy
