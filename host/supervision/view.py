"""View: what is shown of one plugin, made when somebody looks."""

from pathlib import Path

from host.errors import ManifestError
from host.facade import BesideRun, Figures, PluginView
from host.ids import PluginId
from host.manifest import Package
from host.permissions.policy import Grants
from host.supervision.condition import Condition
from host.supervision.standing import Standing
from host.supervision.states import State
from protocol.manifest import Limits
from protocol.permissions import Permission


def view_of(
    package: Package,
    grants: Grants,
    waiting: tuple[Permission, ...],
    condition: Condition,
    standing: Standing,
    restarts: int,
) -> PluginView:
    """Return a plugin as it is now; `restarts` is how often it was restarted in the last 10 minutes."""
    manifest = package.manifest
    session = condition.session
    provided = session.provided if session is not None else None
    return PluginView(
        id=condition.plugin,
        name=manifest.name or manifest.id,
        version=manifest.version,
        type=manifest.type,
        folder=str(package.folder),
        state=condition.state.value,
        reason=condition.reason or _handover(condition),
        pid=session.pid if session is not None else None,
        session=session.id if session is not None else None,
        enabled=standing.enabled,
        wanted=standing.wanted,
        uptime_s=session.uptime_s() if session is not None else None,
        retry_in_s=condition.retry_in_s,
        restarts=restarts,
        figures=session.figures() if session is not None else Figures(),
        limits=manifest.limits,
        permissions=grants.texts(),
        refused_permissions=tuple(str(one) for one in grants.refused),
        waiting_permissions=tuple(map(str, waiting)),
        methods=tuple(provided) if provided is not None else (),
        last_exit=condition.last_exit,
        beside=_beside(condition),
        capabilities=manifest.capabilities,
    )


def _beside(condition: Condition) -> tuple[BesideRun, ...]:
    new = condition.successor
    starting = () if new is None else (BesideRun(new.id, new.pid, "starting"),)
    return (*starting, *(BesideRun(one.id, one.pid, "ending") for one in condition.former))


def _handover(condition: Condition) -> str:
    if condition.successor is not None:
        return f"a new run is starting, pid {condition.successor.pid}, to take over"
    if condition.former and condition.session is not None:
        pids = ", ".join(str(one.pid) for one in condition.former)
        return f"it took over; the former run ends what it had begun, pid {pids}"
    return ""


def broken_view(folder: Path, error: ManifestError) -> PluginView:
    """Return what is shown of a folder whose manifest can't be used."""
    count = len(error.faults)
    return PluginView(
        id=PluginId(folder.name),
        name=folder.name,
        version="",
        type="",
        folder=str(folder),
        state=State.ERROR.value,
        reason="its manifest has one fault" if count == 1 else f"its manifest has {count} faults",
        pid=None,
        session=None,
        enabled=True,
        wanted=None,
        uptime_s=None,
        retry_in_s=None,
        restarts=0,
        figures=Figures(),
        limits=Limits(),
        permissions=(),
        refused_permissions=(),
        methods=(),
        last_exit=None,
        faults=tuple(str(fault) for fault in error.faults),
    )
