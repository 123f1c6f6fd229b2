"""What a plugin provides beyond methods: its answer to `plugin.initialize` declares all of it at once.

The host accepts or refuses it as a whole before `plugin.load`, so nothing is ever half registered. `name` is
what the host calls the thing by when it needs it; names are unique within one kind and one plugin.
"""

from typing import Any, Literal

import msgspec

MissedRuns = Literal["skip", "once", "all"]
UiKind = Literal["widget", "menu_item", "settings_page", "section", "tab", "theme"]


class Subscription(msgspec.Struct, frozen=True, omit_defaults=True):
    """Wants events."""

    name: str
    topics: tuple[str, ...]
    """Patterns: `*` is one part of a topic, `**` the rest."""
    where: dict[str, Any] = {}
    """Filter on the data, by field; see `protocol.filters`."""
    durable: bool = False


class HookHandler(msgspec.Struct, frozen=True, omit_defaults=True):
    """Takes part in a hook's chain."""

    name: str
    hook: str
    before: tuple[str, ...] = ()
    """Ids of plugins whose handlers come later."""
    after: tuple[str, ...] = ()
    budget_ms: int | None = None
    """Longest time for an answer; None for the hook's own."""
    fail: Literal["open", "closed"] | None = None
    """What counts where no answer comes; None for the hook's own."""


class Command(msgspec.Struct, frozen=True, omit_defaults=True):
    """Can be invoked by name, by people and programs."""

    name: str
    description: str = ""
    params: dict[str, Any] = {}
    """JSON Schema of its parameters, an object."""


class Endpoint(msgspec.Struct, frozen=True, omit_defaults=True):
    """Answers HTTP requests."""

    name: str
    method: str
    path: str
    permissions: tuple[str, ...] = ()
    """What the caller must hold, not the plugin."""


class Schedule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Wants to be called again and again: each `every_s` seconds, or when `cron` says."""

    name: str
    every_s: float | None = None
    cron: str = ""
    tz: str = ""
    missed: MissedRuns = "skip"


class UiItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that a user interface shows."""

    kind: UiKind
    name: str
    title: str = ""
    data: dict[str, Any] = {}


class Provides(msgspec.Struct, frozen=True, omit_defaults=True):
    """All of it."""

    kind: str = ""
    """Contract of `plugin_sdk.kinds` that its class fulfils, such as `ai_provider`."""
    subscriptions: tuple[Subscription, ...] = ()
    handlers_by_name: tuple[str, ...] = ()
    """x of each method `on_<x>`: the host matches them to topics."""
    handles_all: bool = False
    """Whether it has `handle_event`, for what no other handler takes."""
    hooks: tuple[HookHandler, ...] = ()
    commands: tuple[Command, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    ui: tuple[UiItem, ...] = ()
    answers: tuple[str, ...] = ()
    """Which of `health status command configure` it answers by code of its own."""
    config_schema: dict[str, Any] | None = None
    """Of its configuration, from code; merges under the manifest's."""


NOTHING = Provides()
"""Of a plugin that has methods alone."""
