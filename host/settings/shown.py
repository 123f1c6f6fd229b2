"""Settings as an operator sees them: each with its value and where it came from, secrets masked."""

from typing import cast

from host.masking import MASK, masked
from host.settings.keys import KEYS, Key
from host.settings.values import Settings
from protocol.sizes import format_size


def effective(settings: Settings) -> list[tuple[str, str, str]]:
    """Return each setting as name, shown value and origin; values that look like secrets are masked."""
    rows = [(name, _shown(key, _value(settings, key))) for name, key in KEYS.items()]
    rows += [(f"rate_limits.{name}", limit) for name, limit in settings.rate_limits.items()]
    for plugin_id, table in settings.config.items():
        rows += [(f"config.{plugin_id}.{key}", repr(masked(key, value))) for key, value in table.items()]
    return [(name, shown, settings.origins.get(name, "default")) for name, shown in rows]


def _value(settings: Settings, key: Key) -> object:
    value: object = settings
    for name in key.attribute.split("."):
        value = getattr(value, name, None)
    return value


def _shown(key: Key, value: object) -> str:
    if value is None or value == "":
        return "not set"
    if key.attribute == "email.password":
        return MASK
    if isinstance(value, int) and key.attribute.endswith("_bytes"):
        return format_size(value)
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in cast("tuple[object, ...]", value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
