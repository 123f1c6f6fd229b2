"""The lines below a form: what is known of the field, or of the group, under the cursor."""

from collections.abc import Sequence

from host.facade.figures import many
from host.tui.border import clean
from host.tui.forms.fields import Field
from host.tui.forms.groups import Group
from host.tui.forms.typed import allowed, brief
from host.tui.inked_lines import Parts


def group_lines(group: Group) -> list[Parts]:
    """Return what a heading is for."""
    return [
        [(f" {clean(group.title)}  ", "strong"), (clean(group.description), "plain")],
        [(f" {many(group.size, 'setting')} below", "dim")],
    ]


def field_lines(field: Field, faults: Sequence[str]) -> list[Parts]:
    """Return what a field is for, what it takes, and what is wrong with it."""
    default = brief(field, field.schema.get("default"), "default" in field.schema)
    return [
        [(f" {clean(field.title)}  ", "strong"), (clean(field.description), "plain")],
        [(" allowed: ", "dim"), (allowed(field), "dim"), (f"; default {default}", "dim")],
        [(f" ✖ {clean('; '.join(faults))}", "bad")] if faults else [],
    ]
