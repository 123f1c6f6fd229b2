"""A staged host all of whose texts are hostile: rows, logs, events, calls, errors, configuration, widgets."""

from typing import Any

import msgspec
from tui.driven import full_host
from tui.staged_config import SCHEMA, config_page
from tui.staged_facade import StagedFacade
from tui.staged_prompts import prompt
from tui.staged_rows import HOSTILE, problem

from host.base_error import PlughostError
from host.facade.config_pages import ConfigCheck, ConfigFault
from host.facade.pages import CommandRow, ContributionRow, WidgetPage
from protocol.interface import SLOTS

MARK = "HARM"
"""In every harmful sequence: if it is in what a terminal is sent within one, it got through."""

POISON = (
    HOSTILE,
    f"\x1b]52;c;{MARK}\x07",
    f"\x1b]52;c;{MARK}\x1b\\",
    f"\x9d52;c;{MARK}\x9c",
    f"\x1b]0;{MARK}\x07",
    f"\x1b]2;{MARK}",
    f"\x1b]8;;http://{MARK}\x07link\x1b]8;;\x07",
    f"\x1bP{MARK}\x1b\\\x1b_{MARK}\x1b\\\x1b^{MARK}\x1b\\\x1bX{MARK}\x1b\\",
    "\x1b[2J\x1b[H\x1b[?1049l\x1b[6n\x1b[c\x1bc\x9b2J\x08\x08\x7f\x00\x0e\x0f",
    "\u202eevil\u2066x\u200f\u2028\u2029\ufeff\u200b\U000e0041",
    "[bold red]x[/][@click=app.quit]y[/] [/nothing] [[ \\[",
    "漢字か🏳️‍🌈👩‍👩‍👧‍👦" + "e" + "\u0301" * 400,
    "a\r\nb\rc\td\x0b\x0c\x85",
    "half \ud800 of a pair \udfff",
)
ALL = " ".join(POISON)
LONG = (ALL + "x") * (1_000_000 // len(ALL))


def _poisoned(value: Any, text: str) -> Any:
    """Return a struct whose free texts are replaced; what a host itself chooses from a list stays."""
    kept = {
        "id",
        "key",
        "state",
        "type",
        "severity",
        "kind",
        "direction",
        "wanted",
        "session",
        "plugin",
        "source",
        "memory_basis",
    }
    names = [
        name for name in value.__struct_fields__ if name not in kept and isinstance(getattr(value, name), str)
    ]
    return msgspec.structs.replace(value, **dict.fromkeys(names, text))


CONTRIBUTED: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    *(("widget", f"widget{n}", "", {}) for n in range(3)),
    *(("section", f"section{n}", slot, {}) for n, slot in enumerate((*SLOTS, ALL))),
    ("menu_item", "menu_item0", "", {"component": ALL}),
    ("settings_page", "page0", "", {"description": ALL, "keys": [ALL], "component": ALL}),
    ("theme", ALL, "", {"colors": {"background": "#101010", "text": "#111111", ALL: ALL}}),
    ("theme", "none", "", {"colors": {"primary": ALL, "background": {"default": LONG}}}),
)
"""Kind, name, slot, data."""


def _contribution(plugin: str, kind: str, name: str, slot: str, data: dict[str, Any]) -> ContributionRow:
    return ContributionRow(
        plugin=plugin, kind=kind, name=name, title=ALL, slot=slot, data=data, warnings=(ALL,)
    )


def hostile_host() -> StagedFacade:
    """Return it."""
    facade = full_host()
    for key, row in [*facade.rows.items()]:
        facade.rows[key] = _poisoned(row, ALL)
    facade.rows["half \ud800"] = msgspec.structs.replace(facade.rows["github"], id="half \ud800")
    facade.rows[HOSTILE] = msgspec.structs.replace(facade.rows["github"], id=HOSTILE)
    facade.problem_rows = {key: _poisoned(row, ALL) for key, row in facade.problem_rows.items()}
    for source, rows in facade.lines.items():
        poisoned = [_poisoned(row, POISON[n % len(POISON)]) for n, row in enumerate(rows)]
        poisoned[-1] = _poisoned(poisoned[-1], LONG)
        facade.lines[source] = poisoned
    facade.page = _poisoned(facade.page, ALL)
    facade.method_rows["github"] = [_poisoned(row, ALL) for row in facade.method_rows["github"]]
    facade.config_page = config_page(
        schema=SCHEMA | {"properties": {ALL: {"type": "string", "title": ALL, "description": ALL}}},
        values={ALL: ALL, "more": [ALL, {ALL: LONG}]},
    )
    facade.check = lambda changes, unset: ConfigCheck(
        faults=(ConfigFault(key="more", message=ALL),), differences=(), restarts=False
    )
    facade.commands_ = [
        CommandRow(
            plugin="github",
            name=ALL,
            description=ALL,
            params={
                "required": [ALL],
                "properties": {ALL: {"type": "string", "title": ALL, "description": ALL, "default": ALL}},
            },
        )
    ]
    facade.contributions_ = [_contribution(plugin, *one) for plugin in facade.rows for one in CONTRIBUTED]
    data: tuple[tuple[str, dict[str, Any]], ...] = (
        ("text", {"text": ALL}),
        ("table", {"columns": [ALL], "rows": [[ALL]]}),
        ("key-value", {"items": {ALL: ALL}}),
    )
    shows: dict[str, tuple[str, dict[str, Any]]] = {
        name: ("text", {"text": ALL}) for _, name, _, _ in CONTRIBUTED
    }
    shows["section1"] = ("badge", {"text": ALL, "level": ALL})
    shows["section0"] = ("stat", {"value": 1, "unit": ALL, "label": ALL})
    for name, (kind, shown) in shows.items():
        facade.widgets[name] = WidgetPage(
            plugin="github", name=name, kind=kind, data=shown, error="", remedy=ALL
        )
    for n, (kind, shown) in enumerate(data):
        facade.widgets[f"widget{n}"] = WidgetPage(
            plugin="github", name=f"widget{n}", kind=kind, data=shown, error=ALL, remedy=ALL
        )
    schema = {
        "required": [ALL],
        "properties": {ALL: {"type": "string", "title": ALL, "description": ALL, "default": ALL}},
    }
    facade.set_prompts(prompt("hostile", plugin=HOSTILE, title=ALL, text=f"{ALL}\n{LONG}", schema=schema))
    facade.problem_rows["prompt"] = problem(
        "prompt", HOSTILE, title=ALL, evidence=(ALL,), remedy=ALL, severity="error", fix="prompt_answer"
    )
    facade.refusals["plugin_restart"] = PlughostError(ALL, remedy=ALL)
    return facade
