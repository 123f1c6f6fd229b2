"""What a staged host does when it is told to: it keeps what was done, and changes rows as a host would."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec
from tui.staged_queries import StagedQueries

from host.base_error import PlughostError
from host.errors import ContributionNotFound
from host.facade.config_pages import ConfigSaved
from host.facade.pages import BackupPage, CallResult, HookAnswerPage, PermissionsPage, ReloadPage
from host.facade.rows import PluginRow
from host.facade.verbs import ForDependants
from protocol.messages.endpoints import Encoding, HttpResponse


class StagedVerbs(StagedQueries):
    """The verbs of a staged facade."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[Any, ...]] = []
        """Verbs that were done, with what they were given."""
        self.refusals: dict[str, PlughostError] = {}
        """By verb: what it is refused with."""
        self.answer: Any = {"ok": True}

    def push(self) -> None:
        """Send every watcher what is different."""

    def set(self, *rows: PluginRow) -> None:
        """Change plugins, or add them."""
        self.rows |= {row.id: row for row in rows}
        self.push()

    def change(self, plugin: str, **changes: Any) -> None:
        """Change a plugin's row."""
        self.set(msgspec.structs.replace(self.rows[plugin], **changes))

    async def stream(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> AsyncGenerator[Any, None]:
        self._do("stream", plugin, method, params)
        yield self.answer

    def _do(self, verb: str, *given: Any) -> None:
        self.done.append((verb, *given))
        if verb in self.refusals:
            raise self.refusals[verb]

    def _row(self, verb: str, plugin: str, **changes: Any) -> PluginRow:
        self.known(plugin)
        self._do(verb, plugin)
        self.change(plugin, **changes)
        return self.rows[plugin]

    async def prompt_answer(self, prompt: str, values: dict[str, Any] | None = None) -> None:
        self._do("prompt_answer", prompt, values)
        self._end_prompt(prompt)

    async def prompt_dismiss(self, prompt: str) -> None:
        self._do("prompt_dismiss", prompt)
        self._end_prompt(prompt)

    def _end_prompt(self, prompt: str) -> None:
        if self.prompt_rows.pop(prompt, None) is None:
            raise ContributionNotFound("prompt that waits for an answer", prompt)
        self.push()

    async def plugin_start(self, plugin: str) -> PluginRow:
        return self._row("plugin_start", plugin, state="active", wanted="running", reason="")

    async def plugin_stop(self, plugin: str, dependants: ForDependants = "ask") -> PluginRow:
        self.known(plugin)
        self._do("plugin_stop", plugin, dependants)
        self.change(plugin, state="discovered", wanted="stopped", pid=None)
        return self.rows[plugin]

    async def plugin_restart(self, plugin: str) -> PluginRow:
        return self._row("plugin_restart", plugin, state="active")

    async def plugin_reload(self, plugin: str) -> PluginRow:
        return self._row("plugin_reload", plugin, state="active")

    async def plugin_kill(self, plugin: str) -> PluginRow:
        return self._row("plugin_kill", plugin, state="discovered", wanted="stopped")

    async def plugin_enable(self, plugin: str) -> PluginRow:
        return self._row("plugin_enable", plugin, enabled=True, state="discovered")

    async def plugin_disable(self, plugin: str) -> PluginRow:
        return self._row("plugin_disable", plugin, enabled=False, state="disabled")

    async def plugin_reset(self, plugin: str) -> PluginRow:
        return self._row("plugin_reset", plugin, state="discovered")

    async def host_rescan(self) -> ReloadPage:
        self._do("host_rescan")
        return ReloadPage(applied=(), needs_restart=(), found=(), gone=())

    async def host_stop(self) -> None:
        self._do("host_stop")

    async def host_backup(self, path: str) -> BackupPage:
        self._do("host_backup", path)
        return BackupPage(path=path, bytes=1, files=1)

    async def call(
        self, plugin: str, method: str, params: dict[str, Any] | None = None, timeout_s: float | None = None
    ) -> CallResult:
        self._do("call", plugin, method, params)
        return CallResult(value=self.answer, seconds=0.012)

    async def command_run(
        self,
        name: str,
        params: dict[str, Any] | None = None,
        plugin: str | None = None,
        timeout_s: float | None = None,
    ) -> CallResult:
        self._do("command_run", name, params, plugin)
        return CallResult(value=self.answer, seconds=0.012)

    async def config_set(
        self, plugin: str, changes: dict[str, Any], unset: tuple[str, ...] = (), revision: int | None = None
    ) -> ConfigSaved:
        self._do("config_set", plugin, changes, unset, revision)
        return ConfigSaved(revision=1, changes=(), applied="live")

    async def config_undo(self, plugin: str, revision: int | None = None) -> ConfigSaved:
        self._do("config_undo", plugin, revision)
        return ConfigSaved(revision=8, changes=self.taken_back, applied="live")

    async def config_restore(self, plugin: str, revision: int) -> ConfigSaved:
        self._do("config_restore", plugin, revision)
        return ConfigSaved(revision=1, changes=(), applied="live")

    async def storage_set(self, plugin: str, key: str, value: Any, ttl_s: float | None = None) -> None:
        self._do("storage_set", plugin, key, value, ttl_s)

    async def storage_delete(self, plugin: str, key: str) -> bool:
        self._do("storage_delete", plugin, key)
        return True

    async def storage_wipe(self, plugin: str) -> int:
        self._do("storage_wipe", plugin)
        return len(self.keys)

    async def permission_grant(self, plugin: str, permission: str) -> PermissionsPage:
        self._do("permission_grant", plugin, permission)
        return await self.permissions(plugin)

    async def permission_revoke(self, plugin: str, permission: str) -> PermissionsPage:
        self._do("permission_revoke", plugin, permission)
        return await self.permissions(plugin)

    async def permission_consent(self, plugin: str) -> PermissionsPage:
        self._do("permission_consent", plugin)
        return await self.permissions(plugin)

    async def permission_decline(self, plugin: str) -> PermissionsPage:
        self._do("permission_decline", plugin)
        return await self.permissions(plugin)

    async def hook_ask(self, plugin: str, name: str, value: Any = None) -> HookAnswerPage:
        self._do("hook_ask", plugin, name, value)
        return HookAnswerPage(allowed=True, value=value, reason="", code="")

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
        self._do("endpoint_request", plugin, method, path)
        return HttpResponse(200, {}, self.answer, "json")

    async def schedule_run(self, plugin: str, name: str) -> None:
        self._do("schedule_run", plugin, name)

    async def ui_invoke(self, plugin: str, name: str) -> Any:
        self._do("ui_invoke", plugin, name)
        return self.answer

    async def event_emit(self, topic: str, data: Any = None) -> int:
        self._do("event_emit", topic, data)
        return 0

    async def event_redrive(self, plugin: str, ids: tuple[int, ...] | None = None) -> int:
        self._do("event_redrive", plugin, ids)
        return 0

    async def problem_acknowledge(self, problem: str) -> None:
        self._do("problem_acknowledge", problem)
        self._change_problem(problem, acknowledged=True)

    async def problem_mute(self, problem: str, seconds: float) -> None:
        self._do("problem_mute", problem, seconds)
        self._change_problem(problem, muted_until_s=self.clock.wall() + seconds)

    def _change_problem(self, problem: str, **changes: Any) -> None:
        self.problem_rows[problem] = msgspec.structs.replace(self.problem_rows[problem], **changes)
        self.push()
