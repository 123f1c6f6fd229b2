"""Topics of one host: which were declared and how, which were seen, and what may be emitted under them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import msgspec

from host.base_error import what_is_allowed
from host.errors import InvalidParams
from host.manifest.config_schema import normalise_any
from host.manifest.config_schema import validator as make_validator
from protocol.manifest import Topic as Announcement
from protocol.permissions import Permission, parse_permission
from protocol.topics import HOST_TOPICS, as_name, topic_fault

MAX_SEEN: Final = 2_000
MAX_SEEN_OF_PLUGIN: Final = 100
"""Topics below `plugin.<id>.` that are remembered of one plugin."""

MAX_DATA_BYTES: Final = 1024 * 1024
"""Of one event; larger things are stored, and their place is emitted."""

SHOWN_FAULTS: Final = 5
MAX_FAULTS: Final = 50
"""Faults of one event's data that are looked for."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic that was declared or seen."""

    topic: str
    declared: bool = False
    description: str = ""
    durable: bool = False
    schema: Mapping[str, Any] | None = None
    permission: Permission | None = None
    """What a plugin needs to hear of it; None for nothing."""
    by: str = ""
    """The plugin whose manifest declares it; empty for the embedding program."""


class Topics:
    """All topics."""

    def __init__(self) -> None:
        self._known: dict[str, Topic] = {}
        self._seen = 0
        self._seen_of: dict[str, int] = {}
        self._validators: dict[str, Any] = {}
        self._names: dict[str, list[str]] = {}
        self._announced: dict[tuple[str, str], Topic] = {}
        """What manifests declare of what their plugins emit, by plugin and topic."""

    def declare(
        self,
        topic: str,
        *,
        description: str,
        durable: bool,
        schema: Mapping[str, Any] | None,
        permission: str | None,
    ) -> list[str]:
        """Declare a topic; return those that methods by name could mean as well.

        Raises:
            InvalidParams: It is none, it is declared already, or its schema or permission can't be read.
        """
        if fault := topic_fault(topic):
            raise InvalidParams(fault)
        if topic.split(".")[0] == HOST_TOPICS:
            raise InvalidParams(f"topic {topic!r} begins with {HOST_TOPICS!r}, which belongs to the host")
        known = self._known.get(topic)
        if known is not None and known.declared and not known.by:
            raise InvalidParams(f"topic {topic!r} is declared already", remedy="declare each topic once")
        validator = None
        if schema is not None:
            document, faults = normalise_any(schema)
            if faults:
                listed = "; ".join(
                    f"{path or 'it'}: found {found}; {what_is_allowed(allowed)}"
                    for path, found, allowed in faults[:SHOWN_FAULTS]
                )
                raise InvalidParams(f"the schema of topic {topic!r}: {listed}")
            validator = make_validator(document)
        try:
            needed = None if permission is None else parse_permission(permission)
        except ValueError as exc:
            raise InvalidParams(f"the permission of topic {topic!r}: found {permission!r}; {exc}") from exc
        if validator is not None:
            self._validators[topic] = validator
        return self._know(Topic(topic, True, description, durable, schema, needed))

    def announce(self, declared: Mapping[str, Sequence[Announcement]]) -> list[list[str]]:
        """Take what the manifests of these plugins declare, in the place of what they declared before.

        It holds for what the plugin itself emits; what the embedding program declares counts for all. Returns
        topics that methods by name could mean as well.
        """
        for topic in [one.topic for one in self._known.values() if one.by]:
            self._known[topic] = Topic(topic)
        for plugin, topic in self._announced:
            self._validators.pop(f"{plugin} {topic}", None)
        self._announced = {}
        alike: list[list[str]] = []
        for plugin, topics in declared.items():
            for one in topics:
                first, _, rest = one.name.partition(".")
                if first == HOST_TOPICS or (first == "plugin" and rest.partition(".")[0] != plugin):
                    continue  # it may not emit there, and hears so when it tries
                topic = Topic(one.name, True, one.description, one.durable, one.schema, by=plugin)
                self._announced[plugin, one.name] = topic
                known = self._known.get(one.name)
                if known is None or not known.declared:
                    alike.append(self._know(topic))
        return [one for one in alike if one]

    def is_durable(self, topic: str, by: str) -> bool:
        """Tell whether what a plugin emits, or the application, is kept unless the emitter says."""
        known = self._known.get(topic)
        announced = self._announced.get((by, topic)) if by else None
        return (known is not None and known.durable and not known.by) or (
            announced is not None and announced.durable
        )

    def see(self, topic: str, of_plugin: str = "") -> list[str]:
        """Note a topic that is emitted; return those that methods by name could mean as well."""
        if topic in self._known:
            return []
        if of_plugin:
            count = self._seen_of.get(of_plugin, 0)
            if count >= MAX_SEEN_OF_PLUGIN:
                return []
            self._seen_of[of_plugin] = count + 1
        elif self._seen >= MAX_SEEN:
            return []
        else:
            self._seen += 1
        return self._know(Topic(topic))

    def get(self, topic: str) -> Topic | None:
        """Return what is known of a topic."""
        return self._known.get(topic)

    def all(self) -> tuple[Topic, ...]:
        """Return every topic that was declared or seen."""
        return tuple(sorted(self._known.values(), key=lambda one: one.topic))

    def named(self, name: str) -> list[str]:
        """Return the topics that a method `on_<name>` could mean; the one that came first is meant."""
        return self._names.get(name, [])

    def name_of(self, topic: str) -> str:
        """Return x of the method `on_<x>` that means a topic."""
        return as_name(topic)

    def encode(self, topic: str, data: Any, by: str = "") -> bytes:
        """Return the data of an event, that a plugin emits or the application, as JSON.

        Raises:
            InvalidParams: They are no JSON, too long, or not what the topic was declared with.
        """
        try:
            text = bytes(data) if isinstance(data, msgspec.Raw) else msgspec.json.encode(data)
        except (TypeError, ValueError, OverflowError, RecursionError) as exc:
            raise InvalidParams(f"the data of {topic}: {exc}; allowed: anything that JSON holds") from exc
        if len(text) > MAX_DATA_BYTES:
            raise InvalidParams(
                f"the data of {topic} have {len(text)} bytes; allowed: {MAX_DATA_BYTES}",
                remedy="keep them in a file or in the storage, and emit where they are",
            )
        for validator in (self._validators.get(topic), self._validator_of(by, topic) if by else None):
            if validator is None:
                continue
            # What came from JSON is held against the schema, so that dates and the like are what they become.
            try:
                found = [*islice(validator.iter_errors(msgspec.json.decode(text)), MAX_FAULTS)]
            except RecursionError:
                raise InvalidParams(f"the data of {topic} are nested too deeply for its schema") from None
            faults = [_told(one) for one in sorted(found, key=_place)]
            if faults:
                more = f"; and {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
                listed = "; ".join(faults[:SHOWN_FAULTS]) + more
                raise InvalidParams(
                    f"the data of {topic} are not what it was declared with: {listed}",
                    remedy="emit what the topic's schema asks for",
                )
        return text

    def _validator_of(self, plugin: str, topic: str) -> Any:
        announced = self._announced.get((plugin, topic))
        if announced is None or announced.schema is None:
            return None
        name = f"{plugin} {topic}"
        if name not in self._validators:
            self._validators[name] = make_validator(announced.schema)
        return self._validators[name]

    def _know(self, topic: Topic) -> list[str]:
        known = topic.topic in self._known
        self._known[topic.topic] = topic
        if known:
            return []
        alike = self._names.setdefault(as_name(topic.topic), [])
        alike.append(topic.topic)
        return alike if len(alike) > 1 else []


def _place(fault: Any) -> str:
    return ".".join(map(str, fault.absolute_path))


def _told(fault: Any) -> str:
    return f"{_place(fault) or 'data'}: {fault.message[:200]}"
