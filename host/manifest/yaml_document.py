"""YAML to plain values, without what makes YAML unsafe: aliases, anchors, tags, several documents, merges.

Built on the parser's events, so that nothing is constructed that the text did not spell out and the depth is
bounded while it is read. Plain scalars mean what YAML 1.2 says: `no` and `on` are texts.
"""

import re
from typing import Any, Final, cast

from host.manifest.faults import FaultList, show

MAX_YAML_DEPTH: Final = 20

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})\Z")
_FLOAT = re.compile(
    r"[-+]?(?:[0-9]{1,30}\.[0-9]{0,30}|\.[0-9]{1,30}|[0-9]{1,30}(?=[eE]))(?:[eE][-+]?[0-9]{1,3})?\Z"
)
_WORDS: Final[dict[str, bool | None]] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "null": None, "Null": None, "NULL": None, "~": None, "": None,
}  # fmt: skip
_SAFE: Final = "values written out: no anchors (&), aliases (*) or tags (!)"


class _Stop(Exception):
    """A fault that makes what follows unreadable; it is noted already."""


class _Builder:
    """One document while it is read."""

    def __init__(self, name: str, faults: FaultList) -> None:
        self._name = name
        self._faults = faults
        self._open: list[dict[str, Any] | list[Any]] = []
        self._keys: list[str | None] = []
        """For each open mapping the key whose value comes next."""
        self.value: object = None

    def note(self, mark: Any, found: str, allowed: str) -> None:
        self._faults.add(f"line {mark.line + 1}, column {mark.column + 1}", found, allowed, file=self._name)

    def scalar(self, event: Any) -> None:
        plain = event.style is None
        if self._open and isinstance(self._open[-1], dict) and self._keys[-1] is None:
            self._key(event)
        else:
            self._put(_value_of(event.value) if plain else event.value)

    def begin(self, event: Any, container: dict[str, Any] | list[Any]) -> None:
        if self._open and isinstance(self._open[-1], dict) and self._keys[-1] is None:
            self.note(event.start_mark, "a key that is a list or a mapping", "a text")
            raise _Stop
        if len(self._open) >= MAX_YAML_DEPTH:
            self.note(event.start_mark, "values nested too deep", f"at most {MAX_YAML_DEPTH} levels")
            raise _Stop
        self._put(container)
        self._open.append(container)
        self._keys.append(None)

    def end(self) -> None:
        self._open.pop()
        self._keys.pop()

    def _key(self, event: Any) -> None:
        table = self._open[-1]
        key: str = event.value
        if key in table:
            self.note(event.start_mark, f"the key {show(key)} more than once", "each key once")
        if key == "<<" and event.style is None:
            self.note(event.start_mark, "a merge (<<)", _SAFE)
        self._keys[-1] = key

    def _put(self, value: object) -> None:
        if not self._open:
            self.value = value
        elif isinstance(container := self._open[-1], list):
            container.append(value)
        else:
            key = self._keys[-1]
            assert key is not None
            container[key] = value
            self._keys[-1] = None


def parse_yaml(text: str, name: str, faults: FaultList) -> object:
    """Return the one document of the text; what is wrong with it is noted."""
    import yaml  # on first use: most plugins have no YAML

    builder = _Builder(name, faults)
    documents = 0
    try:
        events: Any = cast("Any", yaml).parse(text, Loader=yaml.SafeLoader)
        for event in events:
            if isinstance(event, yaml.AliasEvent):
                builder.note(event.start_mark, f"the alias *{event.anchor}"[:80], _SAFE)
                return None
            if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
                builder.note(event.start_mark, f"the anchor &{event.anchor}"[:80], _SAFE)
            if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
                builder.note(event.start_mark, f"the tag {show(event.tag)}", _SAFE)
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        builder.note(event.start_mark, "a second document", "one document")
                        return None
                case yaml.ScalarEvent():
                    builder.scalar(event)
                case yaml.MappingStartEvent():
                    builder.begin(event, {})
                case yaml.SequenceStartEvent():
                    builder.begin(event, [])
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    builder.end()
                case _:
                    pass
    except _Stop:
        return None
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        faults.add(place, str(exc.problem or exc.context)[:80], "YAML", file=name)
        return None
    except yaml.YAMLError as exc:  # characters that YAML does not have
        faults.add("", show(str(exc).splitlines()[0]), "YAML", file=name)
        return None
    except RecursionError:
        faults.add("", "values nested too deep", f"at most {MAX_YAML_DEPTH} levels", file=name)
        return None
    return builder.value


def _value_of(text: str) -> object:
    """Return what a scalar without quotes means."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text
