"""plugin.toml: Plughost's own document form. Strict: an unknown key is a fault, because it is a slip."""

import shlex
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, cast

from pydantic import ConfigDict, Field, PlainValidator

from host.manifest.asked_limits import StrictLimits
from host.manifest.faults import FaultList
from host.manifest.form import Form
from host.manifest.text_fields import (
    ID_ALLOWED,
    IdText,
    Text,
    VariableName,
    clean_text,
)

COMMAND_ALLOWED = 'a list of words such as ["node", "plugin.js"], or one text that reads like a shell command'


def _read_command(value: object) -> tuple[str, ...]:
    match value:
        case str():
            words = _split(clean_text(value))
        case list():
            words = [_clean_word(item) for item in cast("list[object]", value)]
        case _:
            raise ValueError(COMMAND_ALLOWED)
    if not words or not words[0]:
        raise ValueError(COMMAND_ALLOWED)
    return tuple(words)


def _clean_word(item: object) -> str:
    if not isinstance(item, str):
        raise ValueError(COMMAND_ALLOWED)
    return clean_text(item)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as exc:
        raise ValueError(f"{COMMAND_ALLOWED} ({exc})") from None


def _read_variable(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("a text; put numbers into quotes")
    return value


class TomlForm(Form, frozen=True):
    """The keys of plugin.toml."""

    model_config = ConfigDict(extra="forbid")

    STAND_INS: ClassVar[Mapping[str, Any]] = {"version": "0", "id": "unnamed"}

    id: IdText = Field(description=ID_ALLOWED)
    name: Text = ""
    command: Annotated[
        tuple[str, ...], PlainValidator(_read_command, json_schema_input_type=str | list[str])
    ] = ()
    env: dict[VariableName, Annotated[str, PlainValidator(_read_variable, json_schema_input_type=str)]] = (
        Field(default_factory=dict[str, str])
    )
    critical: bool = False
    preload: bool = True
    limits: StrictLimits = StrictLimits()

    def identity(self, faults: FaultList) -> tuple[str, str]:
        """Return id and display name."""
        return self.id, self.name

    def command_words(self) -> tuple[str, ...]:
        """Return the program and its arguments."""
        return self.command

    def variables(self) -> dict[str, str]:
        """Return the `env` table."""
        return dict(self.env)

    def loads_first(self) -> bool:
        """Tell whether the plugin is loaded before the others."""
        return self.critical

    def may_be_forked(self) -> bool:
        """Tell whether the plugin may start in an image that has the SDK loaded."""
        return self.preload
