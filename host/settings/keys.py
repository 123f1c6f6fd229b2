"""Keys: the name of every setting, how its value is read, and what a fault says is allowed."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, get_args

from pydantic import BeforeValidator, Field, TypeAdapter

from host.settings.mail import Security
from host.settings.values import LogFormat, LogLevel, WardenMode
from protocol.manifest import Act
from protocol.sizes import CORES_ALLOWED, SIZE_ALLOWED, parse_cores, parse_size

SECTIONS: Final = ("limits", "log", "storage", "events", "email", "rate_limits", "config")
"""Tables of the document."""

LIMIT: Final = re.compile(r"([1-9][0-9]{0,8}) ?/ ?(s|m|h|d|second|minute|hour|day)")
LIMIT_ALLOWED: Final = 'a number for each second, minute, hour or day, such as "100/s" or "20/hour"'
"""How often something may be done."""

MAX_COUNT: Final = 1_048_576  # Linux's own ceiling for descriptors of a process, fs.nr_open


class Key:
    """One setting: the attribute it becomes, how it is read, and what a fault says is allowed."""

    def __init__(self, attribute: str, type_: Any, allowed: str = "") -> None:
        self.attribute = attribute
        self.adapter: TypeAdapter[Any] = TypeAdapter(type_)
        self.allowed = allowed or "one of " + ", ".join(f'"{word}"' for word in get_args(type_))


def _folder(value: object) -> Path:
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise ValueError("not a folder")
    return Path(value)


_Folder = Annotated[Path, BeforeValidator(_folder)]
_Text = Annotated[str, Field(min_length=1, max_length=500)]
_Days = Annotated[float, Field(gt=0, le=3650)]
_Size = Annotated[int, BeforeValidator(parse_size)]


def _count(attribute: str, least: int = 1) -> Key:
    type_ = Annotated[int, Field(ge=least, le=MAX_COUNT)]
    return Key(attribute, type_, f"a whole number from {least} to {MAX_COUNT}")


KEYS: Final[dict[str, Key]] = {
    "plugins": Key("plugins", list[_Folder], "a list of folders"),
    "data": Key("data", _Folder, "a folder"),
    "autoload": Key("autoload", bool, "true or false"),
    "warden": Key("warden", WardenMode),
    "polling": Key("polling", bool, "true or false"),
    "limits.memory": Key("limits.memory_bytes", _Size, SIZE_ALLOWED),
    "limits.cpu": Key("limits.cpu_cores", Annotated[float, BeforeValidator(parse_cores)], CORES_ALLOWED),
    "limits.threads": _count("limits.threads"),
    "limits.descriptors": _count("limits.descriptors"),
    "limits.children": _count("limits.children", least=0),
    "limits.file": Key("limits.file_bytes", _Size, SIZE_ALLOWED),
    "limits.address_space": Key("limits.address_space_bytes", _Size, SIZE_ALLOWED),
    "limits.processes": _count("limits.processes"),
    "limits.on_memory": Key("limits.on_memory", Act),
    "limits.on_cpu": Key("limits.on_cpu", Act),
    "limits.on_other": Key("limits.on_other", Act),
    "storage.quota": Key("storage_quota_bytes", _Size, SIZE_ALLOWED),
    "events.keep_days": Key("events.keep_days", _Days, "a number of days, more than 0 and at most 3650"),
    "events.keep_size": Key("events.keep_bytes", _Size, SIZE_ALLOWED),
    "log.level": Key("log.level", LogLevel),
    "log.format": Key("log.format", LogFormat),
    "log.file_size": Key("log.file_bytes", _Size, SIZE_ALLOWED),
    "log.files": _count("log.files", least=0),
    "log.path": Key("log.path", _Folder, "a file"),
    "email.host": Key("email.host", _Text, "the name of a mail server"),
    "email.sender": Key("email.sender", _Text, 'an address such as "App <noreply@example.com>"'),
    "email.port": Key("email.port", Annotated[int, Field(ge=1, le=65_535)], "a port, 1 to 65535"),
    "email.security": Key("email.security", Security),
    "email.username": Key("email.username", _Text, "a text"),
    "email.password_file": Key("email.password", _Folder, "a file that holds the password"),
    "email.templates": Key("email.templates", _Folder, "a folder"),
    "email.max_recipients": _count("email.max_recipients"),
    "email.max_message": Key("email.max_bytes", _Size, SIZE_ALLOWED),
}
