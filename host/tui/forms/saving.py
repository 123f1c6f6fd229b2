"""Saving: differences are shown, agreed to, and written with the revision that was looked at; the history."""

import json
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from host.base_error import PlughostError
from host.errors import Conflict
from host.facade.config_pages import ConfigPage
from host.facade.figures import day
from host.tui.border import clean
from host.tui.dialogs import Confirm, ShowText
from host.tui.forms.draft import Draft
from host.tui.forms.fields import Field
from host.tui.forms.typed import brief
from host.tui.inked_lines import Parts

if TYPE_CHECKING:
    from host.tui.app import Monitor

SHOWN_DIFFERENCES: Final = 14
SAID_DIFFERENCES: Final = 3
"""What is told in passing."""


async def save(app: "Monitor", page: ConfigPage, draft: Draft, fields: Mapping[str, Field]) -> bool:
    """Save a draft that was checked, after a yes; return whether the page is to be read again."""
    check, facade = draft.check, app.link.facade
    if check is None or facade is None:
        app.say("There is no host to ask", "warning")
        return False
    if check.faults:
        first = check.faults[0]
        app.say(f"Not saved: {first.key or 'the whole'}: {first.message}", "error")
        return False
    shown = check.differences[:SHOWN_DIFFERENCES]
    lines = [difference(one.key, one.old, one.new, fields.get(one.key)) for one in shown]
    if len(check.differences) > len(shown):
        lines.append([(f"and {len(check.differences) - len(shown)} more", "dim")])
    if not lines:
        lines.append([("What is in force stays as it is; only where it comes from changes", "dim")])
    if check.restarts:
        lines += [[], [("▲ It is restarted to take this, unless it can take it while it runs", "warn")]]
    if await app.ask(Confirm(f"Save the configuration of {page.plugin}?", lines, [("y", "save")])) != "y":
        return False
    try:
        saved = await facade.config_set(page.plugin, *draft.wanted(), page.revision)
    except Conflict:
        app.say("Not saved: another change came first. It was read again; look, and save again", "error")
    except (PlughostError, OSError) as error:
        app.say_error(error)
        return False
    else:
        draft.clear()
        app.say(f"{page.plugin}: saved as revision {saved.revision}, {saved.applied}")
    return True


async def undo(app: "Monitor", page: ConfigPage | None, fields: Mapping[str, Field]) -> None:
    """Take the last saved change back, if it is the one that is shown, and say what it was."""
    if app.link.facade is None or page is None:
        app.say("There is no host to ask", "warning")
        return
    if page.revision == 0:
        app.say(f"There is nothing to take back: {page.plugin} was never changed here")
        return
    try:
        saved = await app.link.facade.config_undo(page.plugin, page.revision)
    except Conflict:
        app.say(
            "Not taken back: another change came first. It was read again; look, and decide anew", "error"
        )
    except (PlughostError, OSError) as error:
        app.say_error(error)
    else:
        shown = [difference(d.key, d.old, d.new, fields.get(d.key)) for d in saved.changes[:SAID_DIFFERENCES]]
        said = ["".join(text for text, _ in parts) for parts in shown]
        said += [f"and {len(saved.changes) - len(said)} more"] if len(saved.changes) > len(said) else []
        app.say("\n".join([f"{page.plugin}: revision {page.revision} is taken back, {saved.applied}", *said]))


async def show_history(app: "Monitor", plugin: str, fields: Mapping[str, Field]) -> None:
    """Show who changed what, and when."""
    if app.link.facade is None:
        return
    try:
        found = await app.link.facade.config_history(plugin)
    except (PlughostError, OSError) as error:
        app.say_error(error)
        return
    lines: list[Parts] = []
    for one in found:
        lines.append([(f"revision {one.revision}", "title"), (f"  {day(one.at_s)}  {clean(one.who)}", "dim")])
        lines += [difference(d.key, d.old, d.new, fields.get(d.key)) for d in one.changes]
    restore = f"plughost config undo {shlex.quote(plugin)} --to REVISION"
    lines += [[], [("goes back to one of them: ", "dim"), (restore, "plain")]] if lines else []
    app.push_screen(ShowText(f"{plugin}: history", lines or [[("It was never changed here", "dim")]]))


def difference(key: str, old: Any, new: Any, field: Field | None) -> Parts:
    """Return one changed value as a line."""

    def said(value: Any) -> str:
        if field is not None:
            return brief(field, value)
        return clean(json.dumps(value, ensure_ascii=False, default=str))

    return [(f"{clean(key)}: ", "strong"), (said(old), "dim"), (" → ", "dim"), (said(new), "accent")]
