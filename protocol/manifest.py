"""Manifest: the one frozen model of what a plugin says about itself.

Every document form ends here (`host.manifest` reads them); nothing behind that border looks at a raw form.
"""

from typing import Any, Literal

import msgspec

from protocol.messages.provides import (
    Command,
    Endpoint,
    HookHandler,
    Schedule,
    Subscription,
    UiItem,
)
from protocol.permissions import Permission

ID_PATTERN = r"^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$"
"""A plugin's id: no dots, because they separate topics."""

PluginType = Literal[
    "extension",
    "webhook",
    "api_integration",
    "theme",
    "cli",
    "ai_provider",
    "security",
    "interface",
    "automation",
]

Act = Literal["warn", "throttle", "restart", "stop"]

DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024
DEFAULT_CPU_CORES = 1.0
DEFAULT_DESCRIPTORS = 1024
DEFAULT_FILE_BYTES = 1024 * 1024 * 1024
DEFAULT_THREADS = 256
DEFAULT_CHILDREN = 32


class Limits(msgspec.Struct, frozen=True):
    """What a plugin's whole process tree may use, and what is done when it uses more."""

    memory_bytes: int = DEFAULT_MEMORY_BYTES
    cpu_cores: float = DEFAULT_CPU_CORES
    threads: int = DEFAULT_THREADS
    descriptors: int = DEFAULT_DESCRIPTORS
    """Watched over the tree, and the kernel's RLIMIT_NOFILE for each process of it."""
    children: int = DEFAULT_CHILDREN
    file_bytes: int = DEFAULT_FILE_BYTES
    """The kernel's RLIMIT_FSIZE: the largest file that the plugin may write."""
    address_space_bytes: int | None = None
    """RLIMIT_AS, only on request: it breaks thread pools and numpy."""
    processes: int | None = None
    """RLIMIT_NPROC, only on request: the kernel counts per user, not per plugin."""
    call_timeout_s: float | None = None
    """Longest time for the answer to a call that sets no time of its own; None for the host's default."""
    on_memory: Act = "restart"
    on_cpu: Act = "throttle"
    on_other: Act = "warn"
    storage_bytes: int | None = None
    """How much it may keep in storage; None is the host's own figure."""


class Requires(msgspec.Struct, frozen=True, omit_defaults=True):
    """Version ranges of what the plugin runs under: PEP 440 specifiers, alternatives divided by ` || `."""

    plughost: str = ""
    python: str = ""
    application: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    """Application name to range (`plexichat_version` becomes `plexichat`)."""


class Topic(msgspec.Struct, frozen=True, omit_defaults=True):
    """Events that the plugin emits, declared so that others can rely on them."""

    name: str
    """As emitted: under the plugin's own `plugin.<id>.` where it says nothing else."""
    description: str = ""
    schema: dict[str, Any] | None = None
    """JSON Schema of the events' data; None for any."""
    durable: bool = False
    """Whether its events are kept for durable subscribers."""


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One plugin, as its author describes it.

    One of `entry_points` and `command` starts it; with neither it only contributes and has no process.
    """

    id: str
    version: str
    type: PluginType = "extension"
    name: str = ""
    """Display name; the id where none is given."""
    description: str = ""
    author: str = ""
    email: str = ""
    publisher: str = ""
    license: str = ""
    homepage: str = ""
    repository: str = ""
    icon: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    """`module:Class` or `file.py`, relative to the folder; all are imported into one process."""
    command: tuple[str, ...] = ()
    """A program in any language, run in the plugin's folder; its first word is sought there, then on PATH."""
    permissions: tuple[Permission, ...] = ()
    limits: Limits = Limits()
    requires: Requires = msgspec.field(default_factory=Requires)
    plugin_dependencies: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    """Other plugins' ids to ranges as in `Requires` (empty: any)."""
    package_dependencies: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    """Python distributions to ranges as in `Requires`."""
    environment: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    """Variables that the process gets on top of the allow-list."""
    config_schema: dict[str, Any] | None = None
    """JSON Schema 2020-12 of an object, in whatever form it was written."""
    capabilities: tuple[str, ...] = ()
    """What the plugin says it can do, such as `exec.my_plugin.action`: kept for those who look for it."""
    topics: tuple[Topic, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    """Known before the plugin runs, so that events for a durable one are kept while it does not; a trigger is
    one."""
    hooks: tuple[HookHandler, ...] = ()
    commands: tuple[Command, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    """`name` is the handler."""
    schedules: tuple[Schedule, ...] = ()
    ui: tuple[UiItem, ...] = ()
    """Widgets, menu items, settings pages and the sections of ui.yaml; shown without a process, too."""
    theme: dict[str, Any] | None = None
    """Colours, typography, spacing, shape, shadows and components."""

    @property
    def has_program(self) -> bool:
        """Whether it has a process while it runs; otherwise it only contributes."""
        return bool(self.entry_points or self.command)

    unused: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    """Keys that speak of another platform, such as `image` and `api_port`: kept, looked at by nobody."""
    critical: bool = False
    """Loaded before the others."""
    preload: bool = True
    """Whether a Python plugin may be forked from an image that has the SDK loaded; else its own interpreter
    is started, which takes longer and uses more memory."""
