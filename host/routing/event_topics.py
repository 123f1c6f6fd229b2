"""Topics of one host: which were declared and how, which were seen, and what may be emitted under them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from host.errors import InvalidParams
from protocol.permissions import Permission, parse_permission
from protocol.topics import as_name, topic_fault

MAX_SEEN: Final = 2_000
MAX_DATA_BYTES: Final = 1024 * 1024
"""Of one event; larger things are stored, and their place is emitted."""


@dataclass(frozen=True, slots=True)
class DeclaredTopic:
    """What the embedding program says of a topic."""

    topic: str
    description: str
    durable: bool
    schema: Mapping[str, Any] | None
    permission: Permission | None
    """What a plugin needs to subscribe to it; None for nothing."""
    validator: Any


class Topics:
    """All topics."""

    def __init__(self) -> None:
        self.declared: dict[str, DeclaredTopic] = {}
        self._seen: dict[str, None] = {}

    def declare(
        self,
        topic: str,
        *,
        description: str = "",
        durable: bool = False,
        schema: Mapping[str, Any] | None = None,
        permission: str | None = None,
    ) -> None:
        """Declare a topic; see `Events.declare`."""
        if fault := topic_fault(topic):
            raise InvalidParams(fault)
        if topic in self.declared:
            raise InvalidParams(f"topic {topic!r} is declared already")
        validator = None
        if schema is not None:
            try:
                Draft202012Validator.check_schema(schema)
            except SchemaError as exc:
                raise InvalidParams(f"the schema of topic {topic!r}: {exc.message}") from exc
            validator = Draft202012Validator(schema)
        needed = None if permission is None else parse_permission(permission)
        self.declared[topic] = DeclaredTopic(topic, description, durable, schema, needed, validator)

    def see(self, topic: str) -> bool:
        """Note a topic that is emitted; tell whether it is new."""
        if topic in self._seen or topic in self.declared:
            return False
        if len(self._seen) < MAX_SEEN:
            self._seen[topic] = None
        return True

    def known(self) -> list[str]:
        """Return every topic that was declared or seen."""
        return sorted({*self.declared, *self._seen})

    def named(self, name: str) -> list[str]:
        """Return the topics that a method `on_<name>` could mean."""
        return [topic for topic in self.known() if as_name(topic) == name]

    def encode(self, topic: str, data: Any) -> bytes:
        """Return an event's data as JSON.

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
        declared = self.declared.get(topic)
        if declared is not None and declared.validator is not None:
            faults = sorted(
                declared.validator.iter_errors(msgspec.json.decode(text)), key=lambda one: one.path
            )
            if faults:
                listed = "; ".join(
                    f"{'.'.join(map(str, one.absolute_path)) or 'data'}: {one.message[:200]}"
                    for one in faults[:5]
                )
                raise InvalidParams(f"the data of {topic} are not what it was declared with: {listed}")
        return text
