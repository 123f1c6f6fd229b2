"""Plugin answers: the facade's queries about the host and its plugins."""

import getpass
import os
import platform
from pathlib import Path

import anyio.to_thread
import msgspec

from host.errors import ManifestError
from host.facade.pages import AnswerPage, DatabasePage, HostPage
from host.facade.plugin_pages import (
    ExitPage,
    LifePage,
    MechanismPage,
    MethodPage,
    PluginPage,
    SamplesPage,
    WhyPage,
)
from host.facade.rows import PluginRow, ProblemRow, PromptRow
from host.facade.views import ExitFacts
from host.logs import clean
from host.operations.method_pages import method_pages
from host.operations.metrics import metrics_text
from host.operations.pictures import loop_name
from host.operations.shown import shown
from host.operations.watcher import Watcher
from host.paths import platform_name
from host.routing.events_view import EventsView
from host.supervision.dependants import dependants_of
from protocol.version import RELEASE

CONTROL_VERSION = 1
LIFE_SHOWN = 50


class PluginAnswers(Watcher):
    """What is known of the host and its plugins."""

    async def host(self) -> HostPage:
        """Return all that is known of the host."""
        parts, facts = self._parts, self._parts.facts
        warden = facts.warden_pid()
        statistics = EventsView(parts.events).statistics()
        databases = await anyio.to_thread.run_sync(_databases, Path(facts.data_folder))
        return HostPage(
            name=facts.name,
            app_version=facts.app_version,
            version=RELEASE,
            control_version=CONTROL_VERSION,
            python=platform.python_version(),
            platform=platform_name(),
            loop=loop_name(),
            pid=os.getpid(),
            user=_user(),
            is_root=os.geteuid() == 0,
            started_at_s=facts.started_at_s,
            data_folder=facts.data_folder,
            plugin_folders=facts.plugin_folders,
            socket=facts.socket,
            warden=f"pid {warden}" if warden is not None else _no_warden(facts.uses_warden),
            polling=facts.polling,
            read_only=False,
            settings=dict(facts.settings),
            limits=msgspec.to_builtins(facts.limits),
            databases=databases,
            clients=facts.clients(),
            event_statistics={
                "emitted": statistics.emitted,
                "logged": statistics.logged,
                "delivered": statistics.delivered,
                "dropped": statistics.dropped,
                "dead": statistics.dead,
                "topics": statistics.topics,
                "subscribers": statistics.subscribers,
            },
            recorder_fault=clean(parts.recorder.fault),
        )

    async def plugins(self) -> tuple[PluginRow, ...]:
        """Return every plugin as it is now."""
        return self._pictures.rows()

    async def problems(self) -> tuple[ProblemRow, ...]:
        """Return what needs attention, the worst first."""
        self._problems.looks()
        return tuple(self._problems.open())

    async def prompts(self, plugin: str | None = None) -> tuple[PromptRow, ...]:
        """Return what plugins, or one of them, ask and nobody answered yet."""
        if plugin is not None:
            self._parts.roster.get(plugin)
        return tuple(row for row in self._pictures.prompts() if plugin in (None, row.plugin))

    async def plugin(self, plugin: str) -> PluginPage:
        """Return all that is known of a plugin."""
        row = self._pictures.row(plugin)
        roster, recorder = self._parts.roster, self._parts.recorder
        try:
            supervisor = roster.get(plugin)
        except ManifestError as exc:
            return _broken(row, exc)
        package, session = supervisor.package, supervisor.condition.session
        manifest = package.manifest
        timeline = await recorder.timeline(plugin, kinds=("changes",))
        provides = session.provides if session is not None else None
        return PluginPage(
            row=row,
            folder=clean(str(package.folder)),
            manifest=shown(msgspec.to_builtins(manifest, enc_hook=str, str_keys=True)),
            manifest_file=package.file.name,
            limits=msgspec.to_builtins(manifest.limits),
            last_exit=_exit(supervisor.condition.last_exit),
            life=tuple(
                LifePage(at_s=one.at_s, old=one.old, new=one.new, reason=clean(one.reason))
                for one in timeline.changes[-LIFE_SHOWN:]
            ),
            timings={} if session is None else dict(session.timings),
            bounds=_bounds(manifest.has_program, supervisor.grants.texts()),
            depends_on=tuple(manifest.plugin_dependencies),
            dependants=dependants_of(
                plugin, (roster.get(one) for one in roster.ids()) if supervisor.running else ()
            ),
            subscriptions=()
            if provides is None
            else tuple(clean(topic) for one in provides.subscriptions for topic in one.topics),
            hooks=() if provides is None else tuple(clean(one.hook) for one in provides.hooks),
            usage=shown(msgspec.to_builtins(recorder.analytics.stats(plugin))),
        )

    async def plugin_samples(self, plugin: str, since_s: float | None = None) -> SamplesPage:
        """Return what a plugin used lately."""
        samples = (await self._parts.recorder.timeline(plugin, since=since_s, kinds=("samples",))).samples
        return SamplesPage(
            at_s=tuple(one.at_s for one in samples),
            cpu_cores=tuple(one.cpu_cores for one in samples),
            memory_bytes=tuple(one.memory_bytes for one in samples),
        )

    async def plugin_why(self, plugin: str) -> WhyPage:
        """Tell what led to a plugin's present state."""
        why = await self._parts.recorder.why(plugin)
        return WhyPage(
            plugin=why.plugin,
            state=why.state,
            since_s=why.since_s,
            cause=why.cause,
            code=why.code,
            docs=why.docs,
            sentences=tuple(clean(one) for one in why.sentences),
            lines=tuple(clean(one) for one in why.lines),
            advice=clean(why.advice),
            text="\n".join(clean(line) for line in str(why).split("\n")),
        )

    async def plugin_health(self, plugin: str) -> AnswerPage:
        """Ask a plugin how it is."""
        answer = await self._parts.contract.health(plugin)
        return AnswerPage(plugin=plugin, status=answer.status, reason=answer.reason, data=shown(answer.data))

    async def plugin_status(self, plugin: str) -> AnswerPage:
        """Ask a plugin what it does."""
        answer = await self._parts.contract.status(plugin)
        return AnswerPage(plugin=plugin, status=answer.status, reason="", data=shown(answer.data))

    async def plugin_methods(self, plugin: str) -> tuple[MethodPage, ...]:
        """Ask a plugin that runs which methods it has, and what each takes."""
        return await method_pages(self._parts.roster.live(plugin))

    async def metrics(self) -> str:
        """Return the host's figures in Prometheus' text format."""
        return metrics_text(self._pictures.host(), self._pictures.rows(), self._problems.open())


def _exit(facts: ExitFacts | None) -> ExitPage | None:
    if facts is None:
        return None
    return ExitPage(
        cause=facts.cause,
        detail=clean(facts.detail),
        exit_text=clean(facts.exit_text),
        code=facts.code,
        signal=facts.signal,
        uptime_s=facts.uptime_s,
        last_method=clean(facts.last_method),
        peak_memory_bytes=facts.peak_memory_bytes,
        cpu_s=facts.cpu_s,
        stderr=tuple(clean(line) for line in facts.stderr),
        survivors=facts.survivors,
    )


def _broken(row: PluginRow, error: ManifestError) -> PluginPage:
    return PluginPage(
        row=row,
        folder=clean(str(error.data.get("folder", ""))),
        manifest={},
        manifest_file="",
        limits={},
        last_exit=None,
        life=(),
        timings={},
        bounds=(),
        depends_on=(),
        dependants=(),
        subscriptions=(),
        hooks=(),
        usage={},
    )


def _bounds(has_program: bool, granted: tuple[str, ...]) -> tuple[MechanismPage, ...]:
    """Return what bounds a plugin, truthfully: a sandbox is not among it yet."""
    if not has_program:
        return (MechanismPage(name="process", enforced=True, detail="it has none: it only contributes"),)
    user = "it may do what this host's user may, whatever was granted"
    asked = {one.partition(":")[0] for one in granted}
    rows = [
        MechanismPage(name="process", enforced=True, detail="a process group of its own, killed whole"),
        MechanismPage(name="memory", enforced=True, detail="watched each second, RLIMIT_DATA by the kernel"),
        MechanismPage(name="cpu", enforced=True, detail="watched each second, throttled by stopping it"),
        MechanismPage(name="api", enforced=True, detail="each call is checked against what was granted"),
    ]
    for name, resource in (("network", "network"), ("files", "files"), ("devices", "devices")):
        held = "granted" if resource in asked else "not granted"
        rows.append(MechanismPage(name=name, enforced=False, detail=f"{held}, not enforced: {user}"))
    return tuple(rows)


def _no_warden(uses: bool) -> str:
    return "it has not started yet" if uses else "none: plugins are started by this process"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.geteuid())


def _databases(folder: Path) -> tuple[DatabasePage, ...]:
    found: list[DatabasePage] = []
    for path in sorted(folder.glob("*.db")):
        beside = [path, path.with_name(f"{path.name}-wal")]
        size = sum(one.stat().st_size for one in beside if one.exists())
        found.append(DatabasePage(name=path.name, path=str(path), bytes=size))
    return tuple(found)
