"""Verbs: what a front end has a host do. Each is audited, and done once for one idempotency key."""

from collections.abc import Callable
from typing import Any, Final, Literal, Protocol, TypeVar

from host.facade.config_pages import ConfigSaved
from host.facade.pages import BackupPage, CallResult, HookAnswerPage, PermissionsPage, ReloadPage
from host.facade.rows import PluginRow
from protocol.messages.endpoints import Encoding, HttpResponse

_F = TypeVar("_F", bound=Callable[..., Any])

VERBS: Final[set[str]] = set()
"""Names of all verbs."""

ForDependants = Literal["ask", "unload", "keep"]


def verb(function: _F) -> _F:
    """Mark a method that changes something."""
    VERBS.add(function.__name__)
    return function


class Verbs(Protocol):
    """What changes something."""

    @verb
    async def plugin_start(self, plugin: str) -> PluginRow:
        """Load a plugin, and what it depends on; done when it is active."""
        ...

    @verb
    async def plugin_stop(self, plugin: str, dependants: ForDependants = "ask") -> PluginRow:
        """Unload a plugin and keep it stopped.

        Raises HasDependants where others need it and nothing was said of them.
        """
        ...

    @verb
    async def plugin_restart(self, plugin: str) -> PluginRow:
        """Stop a plugin and load it anew."""
        ...

    @verb
    async def plugin_reload(self, plugin: str) -> PluginRow:
        """Let a new run of its package, as it is now, take over without a gap; load one that does not run."""
        ...

    @verb
    async def plugin_kill(self, plugin: str) -> PluginRow:
        """End a plugin's process without grace, and keep it stopped."""
        ...

    @verb
    async def plugin_enable(self, plugin: str) -> PluginRow:
        """Allow a disabled plugin to be loaded."""
        ...

    @verb
    async def plugin_disable(self, plugin: str) -> PluginRow:
        """Stop a plugin and do not let it be loaded."""
        ...

    @verb
    async def plugin_reset(self, plugin: str) -> PluginRow:
        """End a plugin's quarantine."""
        ...

    @verb
    async def host_rescan(self) -> ReloadPage:
        """Read the settings again, where they come from a file, and look for plugins again."""
        ...

    @verb
    async def host_stop(self) -> None:
        """Have the host end, in order. Refused by a host that is part of another program."""
        ...

    @verb
    async def host_backup(self, path: str) -> BackupPage:
        """Write a copy of the data folder into a new file on the host's machine."""
        ...

    @verb
    async def call(
        self,
        plugin: str,
        method: str,
        params: dict[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> CallResult:
        """Call a method of a plugin."""
        ...

    @verb
    async def command_run(
        self,
        name: str,
        params: dict[str, Any] | None = None,
        plugin: str | None = None,
        timeout_s: float | None = None,
    ) -> CallResult:
        """Run a command, named as `sync` or `github:sync`; without `timeout_s` it has 60 s."""
        ...

    @verb
    async def hook_ask(self, plugin: str, name: str, value: Any = None) -> HookAnswerPage:
        """Ask one plugin's handlers of a hook, as if something were about to happen; nobody else is asked."""
        ...

    @verb
    async def endpoint_request(
        self,
        plugin: str,
        method: str,
        path: str,
        query: dict[str, list[str]] | None = None,
        headers: dict[str, str] | None = None,
        body: Any = None,
        encoding: Encoding = "none",
        principal: str = "",
        permissions: tuple[str, ...] = (),
    ) -> HttpResponse:
        """Have one of a plugin's HTTP endpoints answer a request, as if an application had dispatched it.

        `path` is where it is mounted, and holds no query. Whoever asks has these permissions and no others;
        what the endpoint demands beyond them is answered 403. An endpoint of another plugin is answered 404.
        """
        ...

    @verb
    async def config_set(
        self,
        plugin: str,
        changes: dict[str, Any],
        unset: tuple[str, ...] = (),
        revision: int | None = None,
    ) -> ConfigSaved:
        """Change values, by dotted keys, and unset others, so that lower layers count again.

        With `revision` it is refused (Conflict) where another change came first.
        """
        ...

    @verb
    async def config_undo(self, plugin: str, revision: int | None = None) -> ConfigSaved:
        """Take the last change back, as a change of its own.

        With `revision` it is refused (Conflict) where that is not the last one.
        """
        ...

    @verb
    async def config_restore(self, plugin: str, revision: int) -> ConfigSaved:
        """Go back to what was set at a revision, as a change of its own."""
        ...

    @verb
    async def storage_set(self, plugin: str, key: str, value: Any, ttl_s: float | None = None) -> None:
        """Keep a value for a plugin."""
        ...

    @verb
    async def storage_delete(self, plugin: str, key: str) -> bool:
        """Delete a key; return whether it was there."""
        ...

    @verb
    async def storage_wipe(self, plugin: str) -> int:
        """Delete all that a plugin keeps; return how many keys there were."""
        ...

    @verb
    async def permission_grant(self, plugin: str, permission: str) -> PermissionsPage:
        """Grant a permission."""
        ...

    @verb
    async def permission_revoke(self, plugin: str, permission: str) -> PermissionsPage:
        """Take a permission away; it counts at the next call."""
        ...

    @verb
    async def permission_consent(self, plugin: str) -> PermissionsPage:
        """Agree to what waits for consent."""
        ...

    @verb
    async def permission_decline(self, plugin: str) -> PermissionsPage:
        """Refuse what waits for consent."""
        ...

    @verb
    async def schedule_run(self, plugin: str, name: str) -> None:
        """Do now what is scheduled."""
        ...

    @verb
    async def ui_invoke(self, plugin: str, name: str) -> Any:
        """Do what a menu item stands for; return what it answers."""
        ...

    @verb
    async def event_emit(self, topic: str, data: Any = None) -> int:
        """Emit an event as the host; return its number, 0 where it is not durable."""
        ...

    @verb
    async def event_redrive(self, plugin: str, ids: tuple[int, ...] | None = None) -> int:
        """Have dead letters tried once more; return how many."""
        ...

    @verb
    async def prompt_answer(self, prompt: str, values: dict[str, Any] | None = None) -> None:
        """Answer a prompt with what it asks for. Raises ContributionNotFound if it waits no longer."""
        ...

    @verb
    async def prompt_dismiss(self, prompt: str) -> None:
        """Tell a plugin that its prompt gets no answer."""
        ...

    @verb
    async def problem_acknowledge(self, problem: str) -> None:
        """Say that somebody knows; it stays listed until its cause is gone."""
        ...

    @verb
    async def problem_mute(self, problem: str, seconds: float) -> None:
        """Hide a problem for a time."""
        ...
