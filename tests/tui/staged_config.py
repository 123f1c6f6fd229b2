"""A configuration with a value of every shape that a form knows, and a host's check of changes to it."""

from typing import Any

from host.facade.config_pages import ConfigCheck, ConfigDifference, ConfigFault, ConfigPage, ConfigValue

SCHEMA: dict[str, Any] = {
    "type": "object",
    "$defs": {"port": {"type": "integer", "minimum": 1, "maximum": 65_535, "default": 8_080}},
    "required": ["token"],
    "properties": {
        "interval_s": {
            "type": "number",
            "title": "Interval",
            "description": "Seconds between two looks at the server.",
            "minimum": 1,
            "maximum": 3600,
            "default": 60,
        },
        "enabled": {"type": "boolean", "default": True},
        "mode": {"enum": ["fast", "careful", "off"], "default": "fast", "x-restart": True},
        "token": {"type": "string", "writeOnly": True},
        "repo": {"type": "string", "pattern": "^[a-z]+/[a-z]+$", "maxLength": 80},
        "note": {"type": "string", "maxLength": 4_000},
        "proxy": {"type": ["string", "null"], "format": "uri", "default": None},
        "labels": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "server": {
            "type": "object",
            "properties": {
                "host": {"type": "string", "format": "hostname"},
                "port": {"$ref": "#/$defs/port"},
            },
        },
        "auth": {
            "oneOf": [
                {
                    "title": "by key",
                    "type": "object",
                    "required": ["key"],
                    "properties": {"key": {"type": "string"}},
                },
                {
                    "title": "by user",
                    "type": "object",
                    "required": ["user"],
                    "properties": {"user": {"type": "string"}},
                },
            ]
        },
        "kind": {"const": "github"},
    },
}

VALUES: dict[str, Any] = {
    "interval_s": 60,
    "enabled": True,
    "mode": "fast",
    "token": "•••",
    "repo": "acme/widgets",
    "proxy": None,
    "labels": ["bug", "help wanted"],
    "server": {"host": "api.github.com", "port": 8_080},
    "auth": {"key": "k"},
    "kind": "github",
    "left_over": [1, {"a": 2}],
}


def config_page(**changes: Any) -> ConfigPage:
    """Return the page of it."""
    origins = {
        "interval_s": "file",
        "token": "environment GITHUB_TOKEN",
        "labels": "set",
        "server.host": "file",
    }
    page: dict[str, Any] = {
        "plugin": "github",
        "schema": SCHEMA,
        "values": VALUES,
        "explained": tuple(
            ConfigValue(key=key, value=None, origin=origins.get(key, "default"))
            for key in (*(VALUES.keys() - {"server"}), "server.host", "server.port")
        ),
        "revision": 7,
        "faults": (),
    }
    return ConfigPage(**(page | changes))


def config_check(changes: dict[str, Any], unset: tuple[str, ...]) -> ConfigCheck:
    """Return what a host would say: an interval has a range, another mode restarts."""
    interval = changes.get("interval_s", 60)
    bad = not isinstance(interval, int | float) or not 1 <= interval <= 3600
    return ConfigCheck(
        faults=(ConfigFault(key="interval_s", message=f"found {interval}; allowed: 1 to 3600"),)
        if bad
        else (),
        differences=tuple(ConfigDifference(key=k, old=VALUES.get(k), new=v) for k, v in changes.items()),
        restarts="mode" in changes,
    )
