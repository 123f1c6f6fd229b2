"""What a staged host answers when it is asked: pages that a test sets, or plain ones."""

from collections.abc import Callable
from typing import Any

from tui.staged_lines import host_page
from tui.staged_rows import MIB, NOW_S

from host.base_error import PlughostError
from host.clock import FakeClock
from host.errors import ContributionNotFound, PluginNotFound
from host.facade.config_pages import ConfigCheck, ConfigDifference, ConfigPage, ConfigRevision
from host.facade.pages import (
    AnswerPage,
    CommandRow,
    ContributionRow,
    DeadLetterRow,
    HookRow,
    HostPage,
    LagRow,
    PermissionRow,
    PermissionsPage,
    ScheduleRow,
    StorageKey,
    StoragePage,
    WidgetPage,
)
from host.facade.plugin_pages import (
    ExitPage,
    LifePage,
    MechanismPage,
    MethodPage,
    PluginPage,
    SamplesPage,
    WhyPage,
)
from host.facade.rows import MethodRow, PluginRow, ProblemRow, PromptRow


class StagedQueries:
    """The queries of a staged facade."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW_S)
        self.rows: dict[str, PluginRow] = {}
        self.problem_rows: dict[str, ProblemRow] = {}
        self.method_rows: dict[str, list[MethodRow]] = {}
        self.method_schemas: dict[str, dict[str, Any]] = {}
        """What methods take, by name."""
        self.methods_fault: PlughostError | None = None
        """What the question for methods is refused with."""
        self.page = host_page()
        self.dependants: dict[str, tuple[str, ...]] = {}
        self.needs: dict[str, tuple[str, ...]] = {}
        self.hook_rows: tuple[HookRow, ...] = ()
        self.keys: list[StorageKey] = [
            StorageKey(key="cursor", bytes=18, version=4, expires_s=None),
            StorageKey(key="token:acme", bytes=2_048, version=1, expires_s=NOW_S + 3_600),
            StorageKey(key="users/alice", bytes=230_100, version=12, expires_s=None),
        ]
        self.commands_: list[CommandRow] = []
        self.contributions_: list[ContributionRow] = []
        self.widgets: dict[str, WidgetPage] = {}
        """What widgets show, by name."""
        self.config_page: ConfigPage | None = None
        self.check: Callable[[dict[str, Any], tuple[str, ...]], ConfigCheck] = lambda changes, unset: (
            ConfigCheck(faults=(), differences=(), restarts=False)
        )
        """What is found of a change of the configuration."""
        self.prompt_rows: dict[str, PromptRow] = {}
        self.revisions: tuple[ConfigRevision, ...] = ()
        self.taken_back: tuple[ConfigDifference, ...] = ()

    def known(self, plugin: str) -> PluginRow:
        """Return a plugin's row, or raise as a host does."""
        if plugin not in self.rows:
            raise PluginNotFound(plugin, [])
        return self.rows[plugin]

    async def host(self) -> HostPage:
        return self.page

    async def plugins(self) -> tuple[PluginRow, ...]:
        return tuple(self.rows.values())

    async def problems(self) -> tuple[ProblemRow, ...]:
        return tuple(self.problem_rows.values())

    async def prompts(self, plugin: str | None = None) -> tuple[PromptRow, ...]:
        return tuple(row for row in self.prompt_rows.values() if plugin in (None, row.plugin))

    async def plugin(self, plugin: str) -> PluginPage:
        row = self.known(plugin)
        ended = row.state in ("backoff", "error", "quarantined")
        return PluginPage(
            row=row,
            folder=f"/srv/chat/plugins/{plugin}",
            manifest={
                "id": plugin,
                "version": row.version,
                "permissions": ["network:api.github.com", "storage"],
                "limits": {"memory": "512M", "cpu": 1.0},
                "events": {"subscribes": ["message.*"]},
            },
            manifest_file="plugin.toml",
            limits={"memory_bytes": row.memory_limit_bytes, "cpu_cores": row.cpu_limit_cores},
            last_exit=ExitPage(
                cause="crashed",
                detail="It exited with code 7 after 3 s while it served sync.",
                exit_text="exited with code 7",
                code=7,
                signal=None,
                uptime_s=3.1,
                last_method="sync",
                peak_memory_bytes=44 * MIB,
                cpu_s=0.4,
                stderr=("Traceback (most recent call last):", "ValueError: no token"),
                survivors=(),
            )
            if ended
            else None,
            life=(
                LifePage(at_s=NOW_S - 4_002, old="discovered", new="loading", reason=""),
                LifePage(at_s=NOW_S - 4_000, old="loading", new="active", reason=""),
            ),
            timings={"spawn": 0.021, "handshake": 0.184, "load": 0.61},
            bounds=(
                MechanismPage(name="process", enforced=True, detail="a process of its own, in its own group"),
                MechanismPage(name="memory", enforced=True, detail="RLIMIT_DATA 1 GiB; watched at 512 MiB"),
                MechanismPage(
                    name="network", enforced=False, detail="declared, not enforced in this release"
                ),
            ),
            depends_on=self.needs.get(plugin, ()),
            dependants=self.dependants.get(plugin, ()),
            subscriptions=("message.*",),
            hooks=("before_send",),
            usage={"calls": row.calls},
        )

    async def plugin_samples(self, plugin: str, since_s: float | None = None) -> SamplesPage:
        self.known(plugin)
        at = tuple(NOW_S - 120 + step for step in range(120))
        return SamplesPage(
            at_s=at,
            cpu_cores=tuple(0.2 + 0.15 * ((step * 7 % 20) / 20) for step in range(120)),
            memory_bytes=tuple((100 + step % 40) * MIB for step in range(120)),
        )

    async def plugin_why(self, plugin: str) -> WhyPage:
        row = self.known(plugin)
        return WhyPage(
            plugin=plugin,
            state=row.state,
            since_s=NOW_S - 60,
            cause="crashed",
            code="plugin_died",
            docs="docs/errors.md#plugin_died",
            sentences=(f"{plugin} is in {row.state}.",),
            lines=(),
            advice="Look at its log.",
            text=f"{plugin} is in {row.state}.\nLook at its log.",
        )

    async def plugin_methods(self, plugin: str) -> tuple[MethodPage, ...]:
        self.known(plugin)
        if self.methods_fault is not None:
            raise self.methods_fault
        return tuple(
            MethodPage(
                name=row.name, stream=row.stream, params=self.method_schemas.get(row.name, {}), description=""
            )
            for row in self.method_rows.get(plugin, [])
        )

    async def plugin_health(self, plugin: str) -> AnswerPage:
        self.known(plugin)
        return AnswerPage(plugin=plugin, status="ok", reason="", data={})

    async def plugin_status(self, plugin: str) -> AnswerPage:
        self.known(plugin)
        return AnswerPage(plugin=plugin, status="ok", reason="", data={})

    async def config(self, plugin: str) -> ConfigPage:
        self.known(plugin)
        if self.config_page is not None:
            return self.config_page
        return ConfigPage(plugin=plugin, schema={}, values={}, explained=(), revision=0, faults=())

    async def config_check(
        self, plugin: str, changes: dict[str, Any], unset: tuple[str, ...] = ()
    ) -> ConfigCheck:
        self.known(plugin)
        return self.check(changes, unset)

    async def config_history(self, plugin: str, limit: int = 50) -> tuple[ConfigRevision, ...]:
        self.known(plugin)
        return self.revisions[:limit]

    async def storage(self) -> tuple[StoragePage, ...]:
        return tuple(
            StoragePage(
                plugin=plugin, keys=len(self.keys), bytes=232_166, quota_bytes=64 * MIB, files_bytes=0
            )
            for plugin in self.rows
        )

    async def storage_keys(
        self, plugin: str, prefix: str = "", after: str = "", limit: int = 200
    ) -> tuple[StorageKey, ...]:
        self.known(plugin)
        return tuple(key for key in self.keys if key.key.startswith(prefix) and key.key > after)[:limit]

    async def storage_get(self, plugin: str, key: str) -> Any:
        if all(known.key != key for known in self.keys):
            raise ContributionNotFound("key", key, [])
        return {"plugin": plugin, "key": key, "value": [1, 2, 3]}

    async def permissions(self, plugin: str) -> PermissionsPage:
        self.known(plugin)
        return PermissionsPage(
            plugin=plugin,
            rows=(
                PermissionRow(
                    permission="storage",
                    state="granted",
                    asked=True,
                    used=1_240,
                    denied=0,
                    last_s=NOW_S - 4,
                    reason="keeps its cursor",
                ),
                PermissionRow(
                    permission="network:api.github.com",
                    state="waiting",
                    asked=True,
                    used=0,
                    denied=3,
                    last_s=NOW_S - 40,
                    reason="reads issues",
                ),
                PermissionRow(
                    permission="events:emit:chat.*",
                    state="refused",
                    asked=True,
                    used=0,
                    denied=1,
                    last_s=None,
                    reason="refused by the policy",
                ),
                PermissionRow(
                    permission="email:send",
                    state="undeclared",
                    asked=False,
                    used=0,
                    denied=2,
                    last_s=NOW_S - 400,
                    reason="",
                ),
            ),
            waiting=("network:api.github.com",),
        )

    async def commands(self, plugin: str | None = None) -> tuple[CommandRow, ...]:
        return tuple(row for row in self.commands_ if plugin in (None, row.plugin))

    async def schedules(self, plugin: str | None = None) -> tuple[ScheduleRow, ...]:
        return ()

    async def contributions(
        self, plugin: str | None = None, kind: str | None = None
    ) -> tuple[ContributionRow, ...]:
        return tuple(
            row for row in self.contributions_ if plugin in (None, row.plugin) and kind in (None, row.kind)
        )

    async def widget(self, plugin: str, name: str) -> WidgetPage:
        if name in self.widgets:
            return self.widgets[name]
        return WidgetPage(plugin=plugin, name=name, kind="text", data={}, error="")

    async def contribution(self, plugin: str, kind: str, name: str) -> WidgetPage:
        self.known(plugin)
        return await self.widget(plugin, name)

    async def event_lag(self, plugin: str | None = None) -> tuple[LagRow, ...]:
        return ()

    async def dead_letters(self, plugin: str | None = None, limit: int = 100) -> tuple[DeadLetterRow, ...]:
        return ()

    async def hooks(self) -> tuple[HookRow, ...]:
        return self.hook_rows

    async def metrics(self) -> str:
        return ""
