"""The host's own settings: `plughost.toml`, the environment, the command line.

Owns the order of the sources, and that all of their faults are told at once. Not the configuration of plugins
(it is carried here unread, under `config`), and not what is done with a setting.
"""

import contextlib
import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

import msgspec
from pydantic import ValidationError

from host.errors import Fault, SettingsError
from host.masking import masked
from host.paths import default_config_folder, written_path
from host.settings.keys import KEYS, LIMIT, LIMIT_ALLOWED, SECTIONS
from host.settings.mail import MailSettings
from host.settings.values import LogSettings, Settings
from protocol.manifest import ID_PATTERN, Limits

FILE_NAME: Final = "plughost.toml"
PREFIX: Final = "PLUGHOST_"
FILE_VARIABLE: Final = PREFIX + "CONFIG"

PLUGIN_VARIABLES: Final = re.compile(
    PREFIX + r"(SESSION|WATCH_PARENT|LOOP|SDK|(PLUGIN|PROTOCOL)_\w+|(DATA|CACHE|PACKAGE)_DIR)"
)
"""What plugins find in their environment; a host that a plugin starts inherits them and passes over them."""
_FOUND_CHARS: Final = 80

_VARIABLES: Final = {PREFIX + name.upper().replace(".", "_"): name for name in KEYS}


def load_settings(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    cwd: Path | None = None,
) -> Settings:
    """Read the settings: default, then file, then environment, then `overrides`; the later wins.

    The file is `path`, else what PLUGHOST_CONFIG names, else `plughost.toml` here or in the user's
    configuration folder, else none. An empty variable counts as not set, and so does None in `overrides`,
    which takes nested tables and dotted names.
    Raises SettingsError that lists every fault of every source, also as objects in `data["faults"]`.
    """
    reader = _Reader(os.environ if environ is None else environ, Path.cwd() if cwd is None else cwd)
    reader.read_file(path)
    reader.read_environment()
    reader.read_overrides(overrides or {})
    return reader.settings()


@dataclass(frozen=True, slots=True)
class _Source:
    origin: str
    base: Path
    """Where relative paths start."""
    strict: bool
    """Whether values have types of their own; variables and options are all text."""


class _Reader:
    """Collects what the sources give, in the order in which they are read, and what is wrong with it."""

    def __init__(self, environ: Mapping[str, str], cwd: Path) -> None:
        self._environ = environ
        self._cwd = cwd
        self._given: dict[str, Any] = {}
        self._config: dict[str, dict[str, Any]] = {}
        self._rate_limits: dict[str, str] = {}
        self._origins = dict.fromkeys(KEYS, "default")
        self._faults: list[Fault] = []

    def read_file(self, path: Path | None) -> None:
        if (found := self._find(path)) is None:
            return
        source = _Source(f"file {found}", found.parent, strict=True)
        try:
            table = tomllib.loads(found.read_bytes().decode())
        except OSError as exc:
            self._fault(source, "", exc.strerror or str(exc), "a file that can be read")
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as exc:
            self._fault(source, "", str(exc), "a TOML document in UTF-8")
        else:
            self._read_table(table, source)

    def read_environment(self) -> None:
        for variable, text in sorted(self._environ.items()):
            if not variable.startswith(PREFIX) or variable == FILE_VARIABLE or not text:
                continue
            name = _VARIABLES.get(variable)
            source = _Source(f"environment {variable}", self._cwd, strict=False)
            if name is not None:
                value = [part for part in text.split(os.pathsep) if part] if name == "plugins" else text
                self._take(name, value, source)
            elif not PLUGIN_VARIABLES.fullmatch(variable):
                self._fault(source, "", "an unknown variable", _near(variable, [*_VARIABLES, FILE_VARIABLE]))

    def read_overrides(self, overrides: Mapping[str, Any]) -> None:
        table = {name: value for name, value in overrides.items() if value is not None}
        self._read_table(table, _Source("command line", self._cwd, strict=False))

    def settings(self) -> Settings:
        email = self._email()
        if self._faults:
            lines = "".join(f"\n  {fault}" for fault in self._faults)
            raise SettingsError(f"faulty settings:{lines}", faults=msgspec.to_builtins(self._faults))
        return Settings(
            **self._section(""),
            limits=Limits(**self._section("limits")),
            log=LogSettings(**self._section("log")),
            email=email,
            rate_limits=MappingProxyType(self._rate_limits),
            config=MappingProxyType({key: MappingProxyType(table) for key, table in self._config.items()}),
            origins=MappingProxyType(self._origins),
        )

    def _section(self, name: str) -> dict[str, Any]:
        """Return what was given of one table, by attribute."""
        places = {given: KEYS[given].attribute.rpartition(".") for given in self._given}
        return {leaf: self._given[given] for given, (section, _, leaf) in places.items() if section == name}

    def _email(self) -> MailSettings | None:
        table = self._section("email")
        if not table:
            return None
        missing = [f"email.{name}" for name in ("host", "sender") if name not in table]
        origin = next(self._origins[name] for name in self._given if name.startswith("email."))
        for name in missing:
            self._faults.append(Fault(origin, name, "nothing", KEYS[name].allowed))
        file = table.get("password")
        try:
            if file is not None:
                table["password"] = file.read_text().strip("\r\n")
            return None if missing else MailSettings(**table)
        except (OSError, UnicodeDecodeError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else str(exc)
            self._faults.append(Fault(origin, "email.password_file", f"{file}: {reason}", "a text file"))
        except SettingsError as exc:
            self._faults.append(Fault(origin, "email.security", exc.message, exc.remedy))
        return None

    def _find(self, path: Path | None) -> Path | None:
        if named := self._environ.get(FILE_VARIABLE) if path is None else str(path):
            return written_path(named, self._cwd, self._environ)
        folders = [self._cwd]
        with contextlib.suppress(SettingsError):  # a user without a home folder has no file there either
            folders.append(default_config_folder(self._environ))
        return next((file for folder in folders if (file := folder / FILE_NAME).is_file()), None)

    def _read_table(self, table: Mapping[str, Any], source: _Source, prefix: str = "") -> None:
        for key, value in table.items():
            name = prefix + key
            if name in SECTIONS:
                if isinstance(value, Mapping):
                    self._read_table(cast("Mapping[str, Any]", value), source, f"{name}.")
                else:
                    self._fault(source, name, _found(name, value), "a table")
            elif prefix == "rate_limits.":
                self._take_rate_limit(key, value, source)
            elif prefix == "config.":
                self._take_config(key, value, source)
            elif name.startswith("config."):
                _, plugin_id, *leaf = name.split(".", 2)
                self._take_config(plugin_id, {leaf[0]: value} if leaf else value, source)
            else:
                self._take(name, value, source)

    def _take(self, name: str, value: object, source: _Source) -> None:
        key = KEYS.get(name)
        if key is None:
            self._fault(source, name, "an unknown setting", _near(name, [*KEYS, "config"]))
            return
        try:
            read = key.adapter.validate_python(value, strict=source.strict)
        except ValidationError:
            self._fault(source, name, _found(name, value), key.allowed)
        else:
            self._given[name] = self._placed(read, source.base)
            self._origins[name] = source.origin

    def _take_rate_limit(self, name: str, value: object, source: _Source) -> None:
        if isinstance(value, str) and LIMIT.fullmatch(value):
            self._rate_limits[name] = value
            self._origins[f"rate_limits.{name}"] = source.origin
        else:
            self._fault(source, f"rate_limits.{name}", _found(name, value), LIMIT_ALLOWED)

    def _take_config(self, plugin_id: str, table: object, source: _Source) -> None:
        name = f"config.{plugin_id}"
        if not re.fullmatch(ID_PATTERN, plugin_id):
            self._fault(source, name, "no plugin's id", "config.<plugin id>.<key>")
        elif not isinstance(table, Mapping):
            self._fault(source, name, _found(name, table), "a table: the configuration of one plugin")
        else:
            for key, value in cast("Mapping[str, Any]", table).items():
                self._config.setdefault(plugin_id, {})[key] = value
                self._origins[f"{name}.{key}"] = source.origin

    def _placed(self, value: Any, base: Path) -> Any:
        """Anchor paths; they mean what they meant where they were written."""
        if isinstance(value, Path):
            return written_path(str(value), base, self._environ)
        if isinstance(value, list):
            return tuple(self._placed(item, base) for item in cast("list[Any]", value))
        return value

    def _fault(self, source: _Source, name: str, found: str, allowed: str) -> None:
        self._faults.append(Fault(source.origin, name if name.isprintable() else ascii(name), found, allowed))


def _near(name: str, known: list[str]) -> str:
    near = " or ".join(difflib.get_close_matches(name, known))
    return f"did you mean {near}?" if near else ", ".join(known)


def _found(name: str, value: object) -> str:
    text = repr(masked(name.rpartition(".")[2], value))
    return text if len(text) <= _FOUND_CHARS else text[: _FOUND_CHARS - 1] + "…"
