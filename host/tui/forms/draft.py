"""Draft: what was typed of a configuration and not yet saved, and what the host says of it."""

from typing import Any

from host.facade.config_pages import ConfigCheck
from host.tui.forms.fields import Field


class Draft:
    """Changes by key, and the host's last check of them."""

    def __init__(self) -> None:
        self.changes: dict[str, Any] = {}
        self.unset: set[str] = set()
        """Keys that lower layers shall give again."""
        self.check: ConfigCheck | None = None

    def __contains__(self, key: str) -> bool:
        return key in self.changes or key in self.unset

    def __len__(self) -> int:
        return len(self.changes) + len(self.unset)

    def wanted(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return the changes, and what is unset, as the host takes them."""
        return dict(self.changes), tuple(sorted(self.unset))

    def put(self, field: Field, value: Any) -> None:
        """Take a value; one that is in force already is no change."""
        self.forget(field.key)
        if not (field.has_value and value == field.value and type(value) is type(field.value)):
            self.changes[field.key] = value

    def default(self, key: str) -> None:
        """Have the lower layers give a value."""
        self.forget(key)
        self.unset.add(key)

    def forget(self, key: str) -> None:
        """Leave a value as it is in force."""
        self.changes.pop(key, None)
        self.unset.discard(key)

    def clear(self) -> None:
        """Leave all as it is in force."""
        self.changes, self.unset = {}, set()

    def faults_at(self, key: str) -> list[str]:
        """Return what is wrong at a field, or within its value."""
        return faults_at(self.check, key)


def faults_at(check: ConfigCheck | None, key: str) -> list[str]:
    """Return what a check found at a field, or within its value."""
    if check is None:
        return []
    return [f.message for f in check.faults if f.key == key or f.key.startswith((f"{key}.", f"{key}["))]
