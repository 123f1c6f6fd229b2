"""Needs: whether one plugin that another needs is here, of a fit version, and may be loaded for it. Pure."""

from host.errors import LoadRefused, MissingDependency
from host.manifest.ranges import fits
from host.supervision.supervisor import Supervisor
from protocol.manifest import Manifest


def check_need(
    manifest: Manifest, needed: str, other: Supervisor | None, above: tuple[str, ...], *, wake: bool
) -> None:
    """Check what a plugin needs; `above` are those that need the plugin itself.

    `wake`: also one that was stopped on purpose is loaded for it. Raises LoadRefused.
    """
    plugin = manifest.id
    if needed in (*above, plugin):
        cycle = " -> ".join((*above, plugin, needed))
        raise LoadRefused(
            f"plugins depend on each other in a circle: {cycle}",
            remedy="take one of them out of another's `dependencies`",
            plugin=plugin,
        )
    if other is None:
        raise MissingDependency(
            f"plugin {plugin!r} needs plugin {needed!r}, which is not here",
            remedy=f"install {needed}: put its folder among the plugins",
            plugin=plugin,
            missing=needed,
        )
    there = other.package.manifest.version
    versions = manifest.plugin_dependencies[needed]
    if not fits(versions, there):
        message = f"plugin {plugin!r} needs {needed} {versions}, here is {there}"
        remedy = f"install another {needed}: put a version that fits among the plugins"
        raise MissingDependency(message, remedy=remedy, plugin=plugin, missing=needed)
    if not (wake or other.autoloads or other.running):
        message = f"plugin {plugin!r} needs plugin {needed!r}, which was stopped or disabled on purpose"
        raise LoadRefused(message, remedy=f"load {needed}", plugin=plugin)
