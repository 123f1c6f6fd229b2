"""Form: the keys that every document form shares, and how a form's faults are collected.

Owns pydantic's side of the border: its errors are turned into plain words here and nowhere else. The
subclasses add their own keys and answer the questions below.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from host.manifest.asked_limits import AskedLimits
from host.manifest.asked_permissions import AskedForItself
from host.manifest.declared import (
    DECLARED,
    Commands,
    Endpoints,
    Hooks,
    Schedules,
    Subscriptions,
    Topics,
    Triggers,
)
from host.manifest.declared_ui import AskedComponent, AskedSection, AskedUi, Components, Items, Sections
from host.manifest.dependencies import TAGS, Dependencies
from host.manifest.faults import NOTHING, FaultList, near, show, show_path
from host.manifest.text_fields import (
    VERSION_ALLOWED,
    ApplicationName,
    Capability,
    EmailText,
    Paragraph,
    RangeText,
    Text,
    ThemeData,
    TypeName,
    VersionText,
)
from protocol.manifest import Limits
from protocol.permissions import Permission

_MEANT: Final = {"kind": "type"}
"""What is written for a key that has no name like it."""

_WORDS: Final = {
    "string_type": "a text",
    "string_unicode": "text that UTF-8 can express",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a table of keys and values",
    "model_type": "a table of keys and values",
    "model_attributes_type": "a table of keys and values",
    "too_long": "fewer of them",
    "too_short": "at least one",
}


class Form(BaseModel, ABC, frozen=True):
    """One manifest as written, each value checked for itself. What spans several keys is checked later."""

    model_config = ConfigDict(strict=True)

    STAND_INS: ClassVar[Mapping[str, Any]] = {"version": "0"}
    """Values under which reading goes on where a required key is broken; such a form is never returned."""

    version: VersionText = Field(description=VERSION_ALLOWED)
    type: TypeName = "extension"
    description: Paragraph = ""
    author: Text = ""
    email: EmailText = ""
    publisher: Text = ""
    license: Text = ""
    homepage: Text = ""
    repository: Text = ""
    icon: Text = ""
    category: Text = ""
    tags: list[Text] = Field(default_factory=list[str])
    main: Text | None = None
    entry_point: Text | None = None
    entry_points: dict[str, Text] = Field(default_factory=dict[str, str])
    entrypoints: dict[str, Text] = Field(default_factory=dict[str, str])
    permissions: list[AskedForItself] = Field(default_factory=list[tuple[Permission, ...]])
    dependencies: Dependencies = Field(default_factory=dict[str, str])
    requires: dict[ApplicationName, RangeText] = Field(default_factory=dict[str, str])
    config_schema: dict[str, Any] | None = None
    limits: AskedLimits = AskedLimits()
    capabilities: list[Capability] = Field(default_factory=list[str])
    topics: Topics = []
    subscriptions: Subscriptions = []
    triggers: Triggers = []
    hooks: Hooks = []
    commands: Commands = []
    endpoints: Endpoints = []
    api_endpoints: Endpoints = []
    schedules: Schedules = []
    ui: Items = []
    ui_components: Components = {}
    theme: ThemeData | None = None

    @abstractmethod
    def identity(self, faults: FaultList) -> tuple[str, str]:
        """Return id and display name; the name may be empty."""
        ...

    def version_ranges(self, faults: FaultList) -> dict[str, str]:
        """Return ranges for `plughost`, `python` and applications by name."""
        return dict(self.requires)

    def command_words(self) -> tuple[str, ...]:
        """Return the program and its arguments, empty where the form has none."""
        return ()

    def variables(self) -> dict[str, str]:
        """Return what the process's environment gets."""
        return {}

    def loads_first(self) -> bool:
        """Tell whether the plugin is loaded before the others."""
        return False

    def may_be_forked(self) -> bool:
        """Tell whether the plugin may start in an image that has the SDK loaded."""
        return True

    def schema_of_configuration(self) -> tuple[str, dict[str, Any] | None]:
        """Return the configuration's schema as written, and its key."""
        return "config_schema", self.config_schema

    def answered(self) -> list[str]:
        """Return the keys that are written and declare what only a process can answer."""
        keys = [key for key in DECLARED if key != "topics"]
        return [key for key in keys if getattr(self, key)]

    def unused(self) -> dict[str, Any]:
        """Return what is kept and not used."""
        return {}

    def permissions_asked(self) -> list[Permission]:
        """Return every permission once, in the order written."""
        return list(dict.fromkeys(permission for asked in self.permissions for permission in asked))

    def limits_over(self, defaults: Limits) -> Limits:
        """Return the defaults with what was asked for in their place."""
        return self.limits.over(defaults)


AnyForm = TypeVar("AnyForm", bound=Form)


def read_form(
    kind: type[AnyForm], document: dict[str, Any], faults: FaultList
) -> tuple[AnyForm, frozenset[str]]:
    """Return the document as a form, and the keys that are faulty.

    A faulty key is noted and reads as not written, so that what spans several keys can still be checked and
    all faults be told at once.
    """
    try:
        return kind.model_validate(document), frozenset()
    except ValidationError as exc:
        broken = _note_errors(kind, exc, faults)
    kept = {key: value for key, value in document.items() if key not in broken}
    stand_ins = {key: value for key, value in kind.STAND_INS.items() if key in broken}
    return kind.model_validate(kept | stand_ins), broken


def read_sections(document: dict[str, Any], faults: FaultList) -> list[AskedSection]:
    """Return the sections of a ui.yaml, none after noting what is wrong with it."""
    try:
        return Sections.model_validate(document).sections
    except ValidationError as exc:
        _note_errors(Sections, exc, faults)
        return []


def _note_errors(kind: type[BaseModel], exc: ValidationError, faults: FaultList) -> frozenset[str]:
    broken: set[str] = set()
    for error in exc.errors(include_url=False):
        key, *rest = error["loc"]
        broken.add(str(key))
        place = (key, *(part for part in rest if part not in TAGS and part != "[key]"))
        path = show_path(place)
        match error["type"]:
            case "missing":
                faults.add(
                    path, NOTHING, _model_at(kind, place).model_fields[_last(place)].description or "a value"
                )
            case "extra_forbidden":
                keys, word = _keys(kind, place), str(place[-1])
                meant = _MEANT.get(word, "") if len(place) == 1 else ""
                hint = f"did you mean {meant}?" if meant in keys else near(word, keys)
                faults.add(path, f"the unknown key {show(place[-1])}", hint)
            case "value_error":
                faults.add(path, show(error["input"]), str(error.get("ctx", {}).get("error", error["msg"])))
            case "literal_error":
                faults.add(path, show(error["input"]), f"one of {error.get('ctx', {}).get('expected', '')}")
            case other:
                faults.add(path, show(error["input"]), _WORDS.get(other, error["msg"]))
    return frozenset(broken)


def _keys(kind: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """Return the keys that are known where an unknown one was found."""
    match place:
        case ("dependencies", _):
            return ["plugins", "packages"]
        case _:
            fields = _model_at(kind, place).model_fields
            return [field.alias or name for name, field in fields.items()]


def _model_at(kind: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel]:
    """Return the model whose key the place ends with."""
    match place:
        case (_,):
            return kind
        case ("limits", _):
            return AskedLimits
        case ("sections", _, _):
            return AskedSection
        case ("ui", _, _):
            return AskedUi
        case ("ui_components", _, _):
            return AskedComponent
        case (str() as key, _, _) if key in DECLARED:
            return DECLARED[key]
        case _:
            return kind


def _last(place: tuple[int | str, ...]) -> str:
    return str(place[-1])
