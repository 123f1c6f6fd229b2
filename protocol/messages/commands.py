"""`commands.*` and `plugin.command`: things that people and programs invoke by name."""

from typing import Any

import msgspec


class CommandRun(msgspec.Struct, frozen=True, omit_defaults=True):
    """Parameters of `plugin.command`."""

    command: str
    params: dict[str, msgspec.Raw] = {}
    declared: bool = False
    """Whether the manifest declares it and the code did not: then it is a method of that name."""


class CommandOutcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """Answer to `plugin.command`. What fails unexpectedly is an error answer instead."""

    success: bool
    result: Any = None
    error: str = ""
    """Why there was no success, in a sentence."""


class CommandRegister(msgspec.Struct, frozen=True, omit_defaults=True):
    """Parameters of `commands.register`."""

    name: str
    description: str = ""
    params: dict[str, Any] = {}
    """JSON Schema of its parameters, an object."""


class CommandName(msgspec.Struct, frozen=True):
    """Parameters of `commands.unregister`."""

    name: str


class CommandInvoke(msgspec.Struct, frozen=True, omit_defaults=True):
    """Parameters of `commands.invoke`."""

    plugin: str
    command: str
    params: dict[str, Any] = {}
    timeout_s: float | None = None


class CommandInfo(msgspec.Struct, frozen=True):
    """One row of `commands.list`."""

    plugin: str
    name: str
    description: str
    params: dict[str, Any]
