"""Declared contributions: what a manifest tells of a plugin before any of its code has run.

Owns the shapes in which documents declare topics, subscriptions, triggers, hooks, commands, endpoints and
schedules, and their way into the model. Whether one may be had is decided where it is registered.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, Self, cast

import msgspec
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    model_validator,
)

from host.base_error import what_is_allowed
from host.manifest.asked_permissions import Asked
from host.manifest.config_schema import normalise
from host.manifest.durations import Duration
from host.manifest.faults import near
from host.manifest.recurrence import CronLine, Period, ZoneName, check_recurrence
from host.manifest.text_fields import Paragraph, Text
from protocol.filters import where_fault, written
from protocol.manifest import Topic
from protocol.messages.provides import Command, Endpoint, HookHandler, MissedRuns, Schedule, Subscription
from protocol.permissions import Permission
from protocol.topics import pattern_fault, topic_fault

MAX_DECLARED: Final = 200
"""How many of one kind a manifest may declare."""

NAME_ALLOWED: Final = "a name: 1 to 64 letters, digits, _, . and -, beginning with a letter or _"
HANDLER_ALLOWED: Final = "the name of a method of the plugin's class"
TOPIC_ALLOWED: Final = (
    "a topic: parts of letters, digits, _, - and : with dots between them, such as session.created"
)
PATH_ALLOWED: Final = 'a path such as "/stats": no space, no "..", nothing behind a ? or #'
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}\Z")
_HANDLER = re.compile(r"(?:[A-Za-z_]\w{0,63}\.)?[A-Za-z_]\w{0,63}\Z", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9_~!$&'()*+,;=:@%{}/.-]{1,256}\Z")


def _check_name(text: str) -> str:
    if not _NAME.match(text):
        raise ValueError(NAME_ALLOWED)
    return text


def _check_handler(text: str) -> str:
    if not _HANDLER.match(text):
        raise ValueError(HANDLER_ALLOWED)
    return text


def _check_topic(text: str) -> str:
    if topic_fault(text):
        raise ValueError(TOPIC_ALLOWED)
    return text


def _check_pattern(text: str) -> str:
    if pattern_fault(text):
        raise ValueError(f"{TOPIC_ALLOWED}; * stands for one part and ** at the end for the rest")
    return text


def _check_path(text: str) -> str:
    if not _PATH.match(text) or ".." in text.split("/"):
        raise ValueError(PATH_ALLOWED)
    return text


def _check_method(text: str) -> str:
    method = text.upper()
    if method not in METHODS:
        raise ValueError(near(method, METHODS))
    return method


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_schema(value: object) -> dict[str, Any]:
    document, faults = normalise(value)
    if faults:
        told = "; ".join(
            f"{fault.path or 'it'}: found {fault.found}, {what_is_allowed(fault.allowed)}"
            for fault in faults[:5]
        )
        raise ValueError(f"JSON Schema of an object: {told}")
    return document


def _check_where(where: dict[str, Any]) -> dict[str, Any]:
    condition = written(where)
    if fault := where_fault(condition):
        raise ValueError(f"a filter by field, each with {fault.rpartition('allowed: ')[2]}")
    return condition


Where = Annotated[dict[str, Any], AfterValidator(_check_where)]
Name = Annotated[Text, AfterValidator(_check_name)]
Handler = Annotated[Text, AfterValidator(_check_handler)]
TopicName = Annotated[Text, AfterValidator(_check_topic)]
TopicPattern = Annotated[Text, AfterValidator(_check_pattern)]
Patterns = Annotated[
    list[TopicPattern],
    BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
    Field(min_length=1, max_length=MAX_DECLARED),
]
PathText = Annotated[Text, AfterValidator(_check_path)]
MethodName = Annotated[Text, AfterValidator(_check_method)]
SchemaTable = Annotated[dict[str, Any], PlainValidator(_as_schema, json_schema_input_type=dict[str, Any])]


class Declared(BaseModel, frozen=True):
    """One declared thing. An unknown key is a fault in every form: it could be one that protects."""

    model_config = ConfigDict(strict=True, extra="forbid")


class AskedTopic(Declared, frozen=True):
    """A topic that the plugin emits under."""

    name: TopicName = Field(description=f"{TOPIC_ALLOWED}; without a dot it is the plugin's own")
    description: Paragraph = Field("", description="What has happened when it is emitted.")
    data_schema: SchemaTable | None = Field(
        None, alias="schema", description="JSON Schema of the events' data."
    )
    durable: bool = Field(False, description="Whether its events are kept for durable subscribers.")

    def topic(self, plugin_id: str) -> Topic:
        """Return it as the model has it."""
        name = self.name if "." in self.name else f"plugin.{plugin_id}.{self.name}"
        return Topic(name, self.description, self.data_schema, self.durable)


class AskedSubscription(Declared, frozen=True):
    """Events that the plugin wants."""

    handler: Handler = Field(description=HANDLER_ALLOWED)
    topics: Patterns = Field(description=f"a list of topics; {TOPIC_ALLOWED}")
    where: Where = Field(default_factory=dict[str, Any], description="Filter on the data, by field.")
    durable: bool = Field(False, description="Whether events are kept while the plugin does not run.")

    def subscription(self) -> Subscription:
        """Return it as the model has it."""
        return Subscription(self.handler, tuple(self.topics), self.where, self.durable)


class AskedTrigger(Declared, frozen=True):
    """An event, and the method that is called for it."""

    event: TopicPattern = Field(description=TOPIC_ALLOWED)
    handler: Handler = Field(description=HANDLER_ALLOWED)

    def subscription(self) -> Subscription:
        """Return it as the model has it."""
        return Subscription(self.handler, (self.event,))


class AskedHook(Declared, frozen=True):
    """A hook that the plugin takes part in."""

    hook: TopicName = Field(description="a hook's name, such as message.before_send")
    handler: Handler = Field(description=HANDLER_ALLOWED)
    before: list[Text] = Field(default_factory=list[str], description="Plugins whose handlers come later.")
    after: list[Text] = Field(default_factory=list[str], description="Plugins whose handlers come earlier.")
    budget: Duration | None = Field(None, description="Longest time for an answer, as under limits.timeout.")
    fail: Literal["open", "closed"] | None = Field(None, description="What counts where no answer comes.")

    def handler_of_hook(self) -> HookHandler:
        """Return it as the model has it."""
        budget_ms = None if self.budget is None else max(1, round(self.budget * 1000))
        return HookHandler(
            self.handler, self.hook, tuple(self.before), tuple(self.after), budget_ms, self.fail
        )


class AskedCommand(Declared, frozen=True):
    """A command that people and programs invoke by name."""

    name: Name = Field(description=NAME_ALLOWED)
    description: Paragraph = Field("", description="What it does.")
    params: SchemaTable | None = Field(
        None, description="JSON Schema of its parameters, or one entry for each."
    )

    def command(self) -> Command:
        """Return it as the model has it."""
        return Command(self.name, self.description, self.params or {})


class AskedEndpoint(Declared, frozen=True):
    """An HTTP endpoint."""

    path: PathText = Field(
        description=f"{PATH_ALLOWED}; without a / at its beginning it lies under the plugin's own"
    )
    handler: Handler = Field(description=HANDLER_ALLOWED)
    method: MethodName = Field("GET", description=f"One of {', '.join(METHODS)}.")
    permissions: list[Asked] = Field(
        default_factory=list[tuple[Permission, ...]], description="What the caller must hold."
    )

    def endpoint(self) -> Endpoint:
        """Return it as the model has it."""
        needed = tuple(str(permission) for asked in self.permissions for permission in asked)
        return Endpoint(self.handler, self.method, self.path, needed)


class AskedSchedule(Declared, frozen=True):
    """A method that is called again and again."""

    handler: Handler = Field(description=HANDLER_ALLOWED)
    every: Period | None = Field(None, description="Time between two runs, such as 24h.")
    cron: CronLine = Field("", description="A cron line, such as 0 3 * * *.")
    tz: ZoneName = Field("", description="Time zone of the cron line, such as Europe/Vienna.")
    missed: MissedRuns = Field("skip", description="What becomes of runs that were due while it did not run.")

    @model_validator(mode="after")
    def _can_be_reckoned(self) -> Self:
        check_recurrence(self.every, self.cron, self.tz)
        return self

    def schedule(self) -> Schedule:
        """Return it as the model has it."""
        return Schedule(self.handler, self.every, self.cron, self.tz, self.missed)


def subscriptions_of(asked: Iterable["AskedSubscription | AskedTrigger"]) -> tuple[Subscription, ...]:
    """Return subscriptions as the model has them; several of one method are told apart by a number."""
    found: dict[str, Subscription] = {}
    for one in asked:
        made = one.subscription()
        name, number = made.name, 2
        while name in found:
            name, number = f"{made.name}-{number}", number + 1
        found[name] = msgspec.structs.replace(made, name=name)
    return tuple(found.values())


def hooks_of(asked: Iterable["AskedHook"]) -> tuple[HookHandler, ...]:
    """Return hooks as the model has them; several of one method are told apart by the hook."""
    found: dict[str, HookHandler] = {}
    for one in asked:
        made = one.handler_of_hook()
        name = f"{made.name}:{made.hook}" if made.name in found else made.name
        found[name] = msgspec.structs.replace(made, name=name)
    return tuple(found.values())


def _read_topic(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


def _read_named(value: object) -> object:
    """Read a table of names as the list of things that have one."""
    if not isinstance(value, dict):
        return value
    return [
        {"name": name, **cast("dict[str, Any]", rest)}
        if isinstance(rest, dict)
        else {"name": name, "description": rest}
        for name, rest in cast("dict[str, Any]", value).items()
    ]


_Bound = Field(max_length=MAX_DECLARED)
Topics = Annotated[
    list[Annotated[AskedTopic, BeforeValidator(_read_topic)]], BeforeValidator(_read_named), _Bound
]
Subscriptions = Annotated[list[AskedSubscription], _Bound]
Triggers = Annotated[list[AskedTrigger], _Bound]
Hooks = Annotated[list[AskedHook], _Bound]
Commands = Annotated[list[AskedCommand], BeforeValidator(_read_named), _Bound]
Endpoints = Annotated[list[AskedEndpoint], _Bound]
Schedules = Annotated[list[AskedSchedule], _Bound]


DECLARED: Final[dict[str, type[Declared]]] = {
    "topics": AskedTopic,
    "subscriptions": AskedSubscription,
    "triggers": AskedTrigger,
    "hooks": AskedHook,
    "commands": AskedCommand,
    "endpoints": AskedEndpoint,
    "api_endpoints": AskedEndpoint,
    "schedules": AskedSchedule,
}
"""Which key declares which thing, for whoever explains a fault or documents the keys."""
