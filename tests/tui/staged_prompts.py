"""Prompts that a staged host may have waiting."""

from typing import Any

import msgspec
from tui.staged_rows import NOW_S

from host.facade.rows import PromptRow


def prompt(id: str = "5e1f", plugin: str = "github", **changes: Any) -> PromptRow:
    """Return a prompt for an account."""
    row = PromptRow(
        id=id,
        plugin=plugin,
        title="Sign in to api.github.com",
        text="Issues are read with this account.\nIt is kept until the plugin is unloaded.",
        schema={
            "type": "object",
            "properties": {
                "account": {"type": "string", "title": "Account", "minLength": 3, "description": "Its name."},
                "scope": {"enum": ["read", "write"], "default": "read", "title": "Scope"},
                "token": {"type": "string", "writeOnly": True, "title": "Token"},
            },
            "required": ["account"],
        },
        since_s=NOW_S - 30.0,
        until_s=NOW_S + 270.0,
    )
    return msgspec.structs.replace(row, **changes)
