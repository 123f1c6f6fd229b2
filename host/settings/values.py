"""Settings as values: how a host runs. Where they come from is the reader's business."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from host.settings.events import EventSettings
from host.settings.mail import MailSettings
from protocol.manifest import Limits

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]
WardenMode = Literal["auto", "off"]


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What a program logs, and how it looks."""

    level: LogLevel = "info"
    format: LogFormat = "text"
    file_bytes: int = 10 * 1024 * 1024
    """Size at which the log file of a plugin makes way for the next one."""
    files: int = 3
    """Log files of each plugin that are kept; 0 for none."""
    path: Path | None = None
    """Where `plughost run` logs, in as many files of this size; None for stderr."""


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
    storage_quota_bytes: int = 64 * 1024 * 1024
    """How much each plugin may keep."""
    rate_limits: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """How often plugins may call: namespace, method or `*` to a limit such as "100/s"."""
    events: EventSettings = field(default_factory=EventSettings)
    """How long the log of durable events is kept."""
    email: MailSettings | None = None
    """The mail server that plugins' messages go by; None where there is none."""
    config: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    """Configuration of single plugins, by id. It may hold secrets, hence not in the repr."""
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    """Dotted name to "default", "file PATH", "environment NAME" or "command line"."""
