"""Declared additions to user interfaces: `ui` and `ui_components` of a manifest, and the sections of ui.yaml.

Owns the shapes and the hint for components that need porting; the slots are `protocol.interface`'s. How a
component is drawn, and whether the widget that it names exists, is decided where interfaces are registered.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field

from host.manifest.declared import MAX_DECLARED, NAME_ALLOWED, Declared, Name
from host.manifest.faults import FaultList, near, show, show_path
from host.manifest.text_fields import Text
from protocol.interface import DATA_FILES, SLOTS, needs_porting, slot_instead
from protocol.messages.provides import UiItem, UiKind

PORT: Final = "port it: a method with @widget returns the data, or a data file has it, and the host draws it"
COMPONENT_ALLOWED: Final = "the name of a @widget method, or a .json, .txt or .md file of the package"
_COMPONENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./ -]{0,255}\Z")


def check_component(text: str) -> str:
    """Return the name of a widget or a data file. Raises ValueError."""
    if needs_porting(text):
        raise ValueError(PORT)
    path = PurePosixPath(text)
    unfit = path.suffix and path.suffix.lower() not in DATA_FILES
    if not _COMPONENT.match(text) or ".." in path.parts or unfit or ("/" in text and not path.suffix):
        raise ValueError(COMPONENT_ALLOWED)
    return text


def check_slot(text: str) -> str:
    """Return a slot's name. Raises ValueError, which names the current slot for one of an older layout."""
    if text in SLOTS:
        return text
    if now := slot_instead(text):
        raise ValueError(f"{now}: this name is from an older layout")
    raise ValueError(near(text, SLOTS))


Component = Annotated[Text, AfterValidator(check_component)]
Slot = Annotated[Text, AfterValidator(check_slot)]


class AskedUi(Declared, frozen=True):
    """One entry of `ui` in plugin.toml."""

    kind: Literal["widget", "menu_item", "settings_page", "section"] = Field(
        description="widget, menu_item, settings_page or section"
    )
    name: Name = Field(description=NAME_ALLOWED)
    title: Text = Field("", description="What people read.")
    component: Component | None = Field(None, description=COMPONENT_ALLOWED)
    icon: Text | None = Field(None, description="Name of an icon.")
    position: Literal["top", "sidebar", "bottom"] | None = Field(None, description="Where a widget stands.")
    width: Literal["full", "half", "third"] | None = Field(None, description="How wide a widget is.")
    slot: Slot | None = Field(None, description=f"Of a section: {', '.join(SLOTS)}.")
    path: Text | None = Field(None, description="Where a menu item leads.")
    description: Text | None = Field(None, description="Of a settings page: what it is for.")
    keys: Annotated[list[Text], Field(max_length=MAX_DECLARED)] | None = Field(
        None, description="Of a settings page: which settings; a name stands for all below it."
    )
    draw: Name | None = Field(None, description="How a widget's data are drawn: stat, table, text and so on.")

    def item(self) -> UiItem:
        """Return it as the model has it."""
        data = self.model_dump(exclude={"kind", "name", "title", "draw"}, exclude_none=True)
        if self.draw is not None:
            data["kind"] = self.draw
        return UiItem(self.kind, self.name, self.title, data)


class AskedSection(Declared, frozen=True):
    """One section of ui.yaml."""

    slot: Slot = Field(description=f"one of {', '.join(SLOTS)}")
    kind: Name = Field("text", description="How its data is drawn: stat, table, text and so on.")
    title: Text = Field("", description="What people read.")
    source: Component | None = Field(None, description=COMPONENT_ALLOWED)
    name: Name | None = Field(None, description=NAME_ALLOWED)
    icon: Text | None = Field(None, description="Name of an icon.")

    def item(self, number: int) -> UiItem:
        """Return it as the model has it; `number` makes a name where it has none."""
        data: dict[str, Any] = {"slot": self.slot, "kind": self.kind}
        if self.source is not None:
            data["component"] = self.source
            if self.source.lower().endswith(".json") and "kind" not in self.model_fields_set:
                del data["kind"]  # a text is nothing that one would find there: it has to be said
        if self.icon is not None:
            data["icon"] = self.icon
        return UiItem("section", self.name or f"{self.slot}-{number}", self.title or self.slot, data)


class Sections(Declared, frozen=True):
    """All of ui.yaml."""

    sections: list[AskedSection] = Field(
        max_length=MAX_DECLARED, description="a list of sections, each with slot, kind, title and source"
    )


def _as_table(value: object) -> object:
    if isinstance(value, str):
        return {"component": value}
    return value


class AskedComponent(Declared, frozen=True):
    """One entry of `ui_components`: a file's name, or a table of these."""

    component: Text = Field(description=COMPONENT_ALLOWED)
    title: Text = Field("", description="What people read.")
    icon: Text = Field("", description="Name of an icon.")
    kind: Name | None = Field(None, description="How a widget's data are drawn: stat, table, text and so on.")


Components = Annotated[
    dict[Name, Annotated[AskedComponent, BeforeValidator(_as_table)]], Field(max_length=MAX_DECLARED)
]
Items = Annotated[list[AskedUi], Field(max_length=MAX_DECLARED)]


def items_of_components(components: dict[str, AskedComponent], faults: FaultList) -> Iterator[UiItem]:
    """Yield what can be shown; a web page's component is left out with a warning that says how to port it."""
    for name, asked in components.items():
        place = show_path(["ui_components", name])
        if needs_porting(asked.component):
            faults.warn(f"{place}: {show(asked.component)} is left out; {PORT}")
            continue
        try:
            component = check_component(asked.component)
        except ValueError as exc:
            faults.add(place, show(asked.component), str(exc))
            continue
        data = {"component": component} | ({"icon": asked.icon} if asked.icon else {})
        if asked.kind is not None:
            data["kind"] = asked.kind
        yield UiItem(_kind_of(name), name, asked.title or name.replace("_", " "), data)


def _kind_of(name: str) -> UiKind:
    """Tell what a component is from its name, as those who wrote `settings_panel` meant it."""
    words = re.split(r"[_.-]+", name.lower())
    if "settings" in words or "config" in words:
        return "settings_page"
    return cast("UiKind", "menu_item" if "menu" in words else "widget")
