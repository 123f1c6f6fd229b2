"""The host's own settings: `plughost.toml`, the environment, the command line.

Owns their names, what is allowed, and where each value came from. Not the configuration of plugins (it is
carried here unread, under `config`), and not what is done with a setting.
"""

import contextlib
import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, cast, get_args

import msgspec
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from host.errors import Fault, SettingsError
from host.masking import masked
from host.paths import default_config_folder, written_path
from protocol.manifest import ID_PATTERN, Act, Limits
from protocol.sizes import CORES_ALLOWED, SIZE_ALLOWED, format_size, parse_cores, parse_size

FILE_NAME: Final = "plughost.toml"
PREFIX: Final = "PLUGHOST_"
FILE_VARIABLE: Final = PREFIX + "CONFIG"

PLUGIN_VARIABLES: Final = re.compile(
    PREFIX + r"(SESSION|WATCH_PARENT|LOOP|SDK|(PLUGIN|PROTOCOL)_\w+|(DATA|CACHE|PACKAGE)_DIR)"
)
"""What plugins find in their environment; a host that a plugin starts inherits them and passes over them."""
_MAX_COUNT: Final = 1_048_576  # Linux's own ceiling for descriptors of a process, fs.nr_open
_FOUND_CHARS: Final = 80

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]
WardenMode = Literal["auto", "off"]


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What a program logs, and how it looks."""

    level: LogLevel = "info"
    format: LogFormat = "text"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a host runs."""

    plugins: tuple[Path, ...] = ()
    """Folders in which plugins are looked for."""
    data: Path | None = None
    """None: the default data folder for the command line, a temporary one for an embedder."""
    autoload: bool = True
    warden: WardenMode = "auto"
    polling: bool = True
    """See `PluginHost`; on, because the event loop of the command line serves nobody else."""
    limits: Limits = field(default_factory=Limits)
    """For plugins that say nothing."""
    log: LogSettings = LogSettings()
    config: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    """Configuration of single plugins, by id. It may hold secrets, hence not in the repr."""
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    """Dotted name to "default", "file PATH", "environment NAME" or "command line"."""


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


def effective(settings: Settings) -> list[tuple[str, str, str]]:
    """Return each setting as name, shown value and origin; values that look like secrets are masked."""
    rows = [(name, _shown(key, attrgetter(key.attribute)(settings))) for name, key in _KEYS.items()]
    for plugin_id, table in settings.config.items():
        rows += [(f"config.{plugin_id}.{key}", repr(masked(key, value))) for key, value in table.items()]
    return [(name, shown, settings.origins.get(name, "default")) for name, shown in rows]


class _Key:
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
_Size = Annotated[int, BeforeValidator(parse_size)]


def _count(attribute: str, least: int = 1) -> _Key:
    type_ = Annotated[int, Field(ge=least, le=_MAX_COUNT)]
    return _Key(attribute, type_, f"a whole number from {least} to {_MAX_COUNT}")


_KEYS: Final[dict[str, _Key]] = {
    "plugins": _Key("plugins", list[_Folder], "a list of folders"),
    "data": _Key("data", _Folder, "a folder"),
    "autoload": _Key("autoload", bool, "true or false"),
    "warden": _Key("warden", WardenMode),
    "polling": _Key("polling", bool, "true or false"),
    "limits.memory": _Key("limits.memory_bytes", _Size, SIZE_ALLOWED),
    "limits.cpu": _Key("limits.cpu_cores", Annotated[float, BeforeValidator(parse_cores)], CORES_ALLOWED),
    "limits.threads": _count("limits.threads"),
    "limits.descriptors": _count("limits.descriptors"),
    "limits.children": _count("limits.children", least=0),
    "limits.file": _Key("limits.file_bytes", _Size, SIZE_ALLOWED),
    "limits.address_space": _Key("limits.address_space_bytes", _Size, SIZE_ALLOWED),
    "limits.processes": _count("limits.processes"),
    "limits.on_memory": _Key("limits.on_memory", Act),
    "limits.on_cpu": _Key("limits.on_cpu", Act),
    "limits.on_other": _Key("limits.on_other", Act),
    "log.level": _Key("log.level", LogLevel),
    "log.format": _Key("log.format", LogFormat),
}

_VARIABLES: Final = {PREFIX + name.upper().replace(".", "_"): name for name in _KEYS}


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
        self._origins = dict.fromkeys(_KEYS, "default")
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
        if self._faults:
            lines = "".join(f"\n  {fault}" for fault in self._faults)
            raise SettingsError(f"faulty settings:{lines}", faults=msgspec.to_builtins(self._faults))
        sections: dict[str, dict[str, Any]] = {"": {}, "limits": {}, "log": {}}
        for name, value in self._given.items():
            section, _, leaf = _KEYS[name].attribute.rpartition(".")
            sections[section][leaf] = value
        return Settings(
            **sections[""],
            limits=Limits(**sections["limits"]),
            log=LogSettings(**sections["log"]),
            config=MappingProxyType({key: MappingProxyType(table) for key, table in self._config.items()}),
            origins=MappingProxyType(self._origins),
        )

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
            if name in ("limits", "log", "config"):
                if isinstance(value, Mapping):
                    self._read_table(cast("Mapping[str, Any]", value), source, f"{name}.")
                else:
                    self._fault(source, name, _found(name, value), "a table")
            elif prefix == "config.":
                self._take_config(key, value, source)
            elif name.startswith("config."):
                _, plugin_id, *leaf = name.split(".", 2)
                self._take_config(plugin_id, {leaf[0]: value} if leaf else value, source)
            else:
                self._take(name, value, source)

    def _take(self, name: str, value: object, source: _Source) -> None:
        key = _KEYS.get(name)
        if key is None:
            self._fault(source, name, "an unknown setting", _near(name, [*_KEYS, "config"]))
            return
        try:
            read = key.adapter.validate_python(value, strict=source.strict)
        except ValidationError:
            self._fault(source, name, _found(name, value), key.allowed)
        else:
            self._given[name] = self._placed(read, source.base)
            self._origins[name] = source.origin

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


def _shown(key: _Key, value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, int) and key.attribute.endswith("_bytes"):
        return format_size(value)
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in cast("tuple[object, ...]", value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
