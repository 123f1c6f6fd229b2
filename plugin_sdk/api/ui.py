"""`self.ui`: what this plugin adds to user interfaces, registered in code, and what it asks there.

    await self.ui.register_widget("sessions", title="Sessions", kind="stat", handler=self.count)
    await self.ui.add_menu_item(label="Sync", icon="refresh", handler=self.sync)
    if await self.ui.confirm("Delete 40 sessions?"): ...

Options may be given as one mapping too: `register_widget("sessions", {"title": "Sessions", ...})`. What is
registered is withdrawn when the plugin ends.
"""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from plugin_sdk.api.host import Link
from plugin_sdk.api.registering import register
from protocol import jsonrpc

if TYPE_CHECKING:
    from plugin_sdk.runtime.parts.ui import UiPart

WAIT_S: Final = 300.0
"""How long an answer is waited for where the plugin does not say."""

MAX_NAME_CHARS: Final = 64
"""Of an item's name; longer ones the host refuses."""

_ON_THE_WAY_S: Final = 10.0

Kind = Literal["widget", "menu_item", "settings_page", "section", "tab", "theme"]


class Ui:
    """Additions to user interfaces. All raise RpcError for what the host refuses."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def register_widget(
        self, name: str, options: Mapping[str, Any] | None = None, /, **more: Any
    ) -> None:
        """Add a widget: `title`, `kind`, `position`, `width`, and `handler` or `component`.

        `handler` is a function that returns the data; `component` names a data file of the package, or is
        such a function itself.
        """
        await self._register("widget", name, {**(options or {}), **more})

    async def register_component(self, component: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Add a widget whose `name` is among the options."""
        options = {**(component or {}), **more}
        if "name" not in options:
            raise TypeError("a component needs a name")
        await self._register("widget", str(options.pop("name")), options)

    async def register_settings_page(
        self, name: str, options: Mapping[str, Any] | None = None, /, **more: Any
    ) -> None:
        """Add a settings page: `title`, `description`, `icon`, `keys`, `component`.

        It is a group of the configuration's form: `keys` names the settings in it, `server` stands for all
        of `server.*`, and without any it has all settings that no other page names. A `component`, a widget
        or a data file, is shown with it.
        """
        await self._register("settings_page", name, {**(options or {}), **more})

    async def add_menu_item(self, item: Mapping[str, Any] | None = None, /, **more: Any) -> str:
        """Add a menu item: `label`, `icon`, `path`, `component`, `handler`, `name`; return its name.

        Without a `name` it is made from the path or the label.
        """
        options = {**(item or {}), **more}
        if "label" not in options:
            raise TypeError("a menu item needs a label")
        options["title"] = options.pop("label")
        name = str(options.pop("name", None) or _name_of(str(options.get("path") or options["title"])))
        await self._register("menu_item", name, options)
        return name

    async def register_section(
        self, name: str, options: Mapping[str, Any] | None = None, /, **more: Any
    ) -> None:
        """Add a section: `slot`, `title`, and `component`, a widget or a data file."""
        await self._register("section", name, {**(options or {}), **more})

    async def register_tab(self, name: str, options: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Add a tab to the plugin's own page: `title`, and `component`, a widget or a data file."""
        await self._register("tab", name, {**(options or {}), **more})

    async def set_theme(self, theme: Mapping[str, Any], *, name: str = "", title: str = "") -> None:
        """Offer a theme: `colors`, `typography`, `spacing`, `shape`, `shadows`, `components`."""
        name = name or self._link.plugin_id
        part = self._part()
        if part.remove("theme", name):
            await self._link.call_host("ui.unregister", {"kind": "theme", "name": name})
        await self._register("theme", name, {**theme, "title": title})

    async def remove(self, kind: Kind, name: str) -> None:
        """Take something back."""
        await self._link.call_host("ui.unregister", {"kind": kind, "name": name})
        self._part().remove(kind, name)

    async def prompt(
        self, title: str, text: str = "", *, schema: Mapping[str, Any] | None = None, wait_s: float = WAIT_S
    ) -> dict[str, Any] | None:
        """Ask whoever operates the host, and return what was answered; None if nobody did, or would not.

        `schema` is JSON Schema of an object, or a table of settings as in a manifest: a form of it is shown.
        `writeOnly` hides what is typed. It is asked for `wait_s` (at most a day), or for as long as the call
        that is served has time left. Needs the permission `prompts:send`; four may wait at a time.
        """
        params = {"title": title, "text": text, "schema": dict(schema or {}), "wait_s": wait_s}
        answer = await self._link.call_host("ui.prompt", params, wait_s + _ON_THE_WAY_S)
        return answer.get("values", {}) if answer["outcome"] == "answered" else None

    async def confirm(self, title: str, text: str = "", *, wait_s: float = WAIT_S) -> bool:
        """Ask for a yes or a no; no answer is a no. See `prompt`."""
        return await self.prompt(title, text, wait_s=wait_s) is not None

    async def choose(
        self, title: str, choices: Sequence[str], text: str = "", *, wait_s: float = WAIT_S
    ) -> str | None:
        """Ask for one of several; None if there was no answer. See `prompt`."""
        rule = {"title": "Choice", "enum": list(choices)}
        schema = {"type": "object", "properties": {"choice": rule}, "required": ["choice"]}
        answer = await self.prompt(title, text, schema=schema, wait_s=wait_s)
        return None if answer is None else str(answer["choice"])

    async def _register(self, kind: Kind, name: str, options: dict[str, Any]) -> None:
        handler: Callable[..., Any] | None = options.pop("handler", None)
        if handler is None and callable(options.get("component")):
            handler = options.pop("component")
        title = str(options.pop("title", ""))
        if kind == "widget" and handler is None and "component" not in options:
            raise TypeError("a widget needs a handler that returns its data, or a component")
        if handler is not None and kind == "menu_item":
            options["action"] = True
        part = self._part()
        await register(
            self._link,
            "ui.register",
            lambda: part.add(kind, name, title, options, handler),
            lambda declared: part.remove(declared.kind, declared.name),
        )

    def _part(self) -> "UiPart":
        return self._link.part("ui")


def _name_of(text: str) -> str:
    """Return the name of an item that is given none: always the same for one text."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if name and text.isascii() and len(name) <= MAX_NAME_CHARS:
        return name
    digest = zlib.crc32(jsonrpc.printable(text).encode())
    return f"{name[: MAX_NAME_CHARS - 9] or 'item'}-{digest:08x}"
