"""Holding: whether a plugin may be held out while what is kept of it is removed. Asked by the roster."""

from host.errors import Busy
from host.supervision.supervisor import Supervisor


def check_rests(supervisor: Supervisor, *, keep_package: bool) -> None:
    """Raise Busy for a plugin that runs, or whose package is here and nobody said that it stays."""
    if supervisor.running:
        raise Busy(
            f"plugin {supervisor.id!r} runs, or is about to, and needs what is kept of it",
            remedy="unload it first",
            plugin=supervisor.id,
        )
    if not keep_package:
        raise Busy(
            f"the package of plugin {supervisor.id!r} is still in {supervisor.package.folder}",
            remedy="remove that folder first, or say keep_package=True to begin anew with it",
            plugin=supervisor.id,
        )
