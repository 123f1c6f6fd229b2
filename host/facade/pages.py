"""Pages: what a front end asks for and is shown once: answers of the facade's queries.

Secrets are masked and texts of plugins cleaned by whoever makes a page. Times are seconds since the epoch.
"""

from typing import Any

import msgspec


class ClientPage(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is attached to the control socket."""

    id: str
    name: str
    """What it calls itself, such as `plughost top`."""
    pid: int | None
    uid: int | None
    since_s: float
    subscriptions: int
    dropped: int
    """Lines that it was too slow for."""


class DatabasePage(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the data folder that grows."""

    name: str
    path: str
    bytes: int


class HostPage(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of the host and does not move much."""

    name: str
    app_version: str
    version: str
    control_version: int
    python: str
    platform: str
    loop: str
    pid: int
    user: str
    is_root: bool
    started_at_s: float
    data_folder: str
    plugin_folders: tuple[str, ...]
    socket: str
    """Empty where there is no control socket."""
    warden: str
    """Its pid, or why there is none, as text."""
    polling: bool
    read_only: bool
    """Whether verbs are refused."""
    settings: dict[str, Any]
    """As they apply, secrets masked; empty where the embedding program gave none."""
    limits: dict[str, Any]
    """Defaults for plugins that ask for none."""
    databases: tuple[DatabasePage, ...]
    clients: tuple[ClientPage, ...]
    event_statistics: dict[str, int]
    """Emitted, logged, delivered, dropped, dead, topics, subscribers."""
    recorder_fault: str
    """Why the flight recorder is not written; empty if it is."""


class StoragePage(msgspec.Struct, frozen=True, kw_only=True):
    """How much one plugin keeps."""

    plugin: str
    keys: int
    bytes: int
    quota_bytes: int
    files_bytes: int


class StorageKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key."""

    key: str
    bytes: int
    version: int
    expires_s: float | None


class PermissionRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one permission of one plugin."""

    permission: str
    state: str
    """`granted refused waiting revoked undeclared`, or what the policy calls it."""
    asked: bool
    """In its manifest."""
    used: int
    denied: int
    last_s: float | None
    reason: str
    """Why the plugin says it needs it, or why it was refused; empty if neither is known."""


class PermissionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin's permissions."""

    plugin: str
    rows: tuple[PermissionRow, ...]
    waiting: tuple[str, ...]


class CommandRow(msgspec.Struct, frozen=True, kw_only=True):
    """A command that a plugin offers."""

    plugin: str
    name: str
    description: str
    params: dict[str, Any]
    """JSON Schema of an object."""


class HookAnswerPage(msgspec.Struct, frozen=True, kw_only=True):
    """What one plugin's handlers of a hook said."""

    allowed: bool
    value: Any
    """As the handlers left it."""
    reason: str
    """Why not; empty if it is allowed."""
    code: str
    """`denied`; or why it is forbidden without an answer: `hook_unavailable hook_timeout hook_failed`."""


class ScheduleRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is done again and again."""

    plugin: str
    name: str
    when: str
    next_run_s: float | None
    last_run_s: float | None
    last_error: str
    running: bool
    runs: int
    failures: int


class ContributionRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a plugin adds to user interfaces."""

    plugin: str
    kind: str
    """`widget menu_item settings_page section tab theme`."""
    name: str
    title: str
    slot: str
    """One of `protocol.interface.SLOTS`; empty for settings pages and themes."""
    data: dict[str, Any]
    warnings: tuple[str, ...]


class WidgetPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a widget, or another addition that shows something, shows now."""

    plugin: str
    name: str
    kind: str
    """See `protocol.widgets.WidgetKind`."""
    data: dict[str, Any]
    error: str
    """Why there is no data; empty if there is."""
    remedy: str = ""
    """What to do about it; empty if nothing is known."""


class LagRow(msgspec.Struct, frozen=True, kw_only=True):
    """How far one subscriber is behind."""

    plugin: str
    subscription: str
    durable: bool
    waiting: int
    delivered: int
    dropped: int
    running: bool


class DeadLetterRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event that could not be handled."""

    id: int
    plugin: str
    subscription: str
    seq: int
    topic: str
    data: Any
    time_s: float
    failed_s: float
    error: str
    tries_again: bool


class HookRow(msgspec.Struct, frozen=True, kw_only=True):
    """One handler of one hook, in the order in which they are asked."""

    hook: str
    plugin: str
    handler: str
    fail: str
    budget_s: float
    active: bool
    enabled: bool


class CallResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a call brought."""

    value: Any
    seconds: float


class AnswerPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin says of itself: its health, or its status."""

    plugin: str
    status: str
    reason: str
    data: dict[str, Any]


class BackupPage(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of the data folder that was made while the host ran."""

    path: str
    bytes: int
    files: int


class ReloadPage(msgspec.Struct, frozen=True, kw_only=True):
    """What reading the settings and looking for plugins again brought."""

    applied: tuple[str, ...]
    """Settings that changed and count now."""
    needs_restart: tuple[str, ...]
    """Settings that changed and count once the host is started anew."""
    found: tuple[str, ...]
    """Plugins that are new."""
    gone: tuple[str, ...]
