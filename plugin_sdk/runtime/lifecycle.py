"""Begin and end of one instance: `on_load` and `on_unload`, and what plugins written for other systems have
instead of them.

Imports `older` only for a plugin that has one of its names.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from plugin_sdk.marks import is_taken
from plugin_sdk.plugin import Plugin
from plugin_sdk.runtime.link import Link
from plugin_sdk.runtime.source import Source

OLDER: Final = (
    "initialize",
    "cleanup",
    "destroy",
    "register_routes",
    "register_gui_components",
)


DEMANDING: Final = frozenset({"ai_provider", "security", "interface", "automation"})
"""Kinds that demand methods."""


def kind_of(sources: Sequence[Source], plugin_type: str) -> str:
    """Return the kind of a plugin, whose methods are published and whose triggers are subscribed.

    Raises:
        SignatureFault: Something is missing, or is not what it has to be.
    """
    for source in sources:
        if has_older(source.cls, "register_triggers"):
            from plugin_sdk.runtime.older import mark_triggers

            mark_triggers(source.cls)
    kinds = [str(kind) for source in sources if (kind := getattr(source.cls, "kind", ""))]
    kind = kinds[0] if kinds else plugin_type
    if kind in DEMANDING:
        from plugin_sdk.runtime.fulfilment import publish

        publish(kind, sources)
    return kind if kinds or kind in DEMANDING else ""


def fields_of(sources: Sequence[Source], kind: str, link: Link) -> Mapping[str, Any]:
    """Return what a plugin's kind and older names add to `Provides`."""
    fields: dict[str, Any] = {"kind": kind} if kind else {}
    if kind in DEMANDING:
        from plugin_sdk.runtime.fulfilment import join_hooks

        fields |= join_hooks(kind, sources, link)
    if any(hasattr(source.cls, "get_config_schema") for source in sources):
        from plugin_sdk.runtime.older import config_schema

        fields["config_schema"] = config_schema(sources)
    return fields


def has_older(cls: type[Plugin], name: str) -> bool:
    """Tell whether a class has a method by this name that no decorator took for something else."""
    function = getattr(cls, name, None)
    return callable(function) and not is_taken(function)


async def begin(source: Source, link: Link) -> None:
    """Let an instance start to work."""
    plugin = source.instance
    assert plugin is not None
    own = vars(plugin).keys() | vars(source.cls).keys()
    if "name" in own or "version" in own or any(has_older(source.cls, name) for name in OLDER):
        from plugin_sdk.runtime.older import begin_older

        await begin_older(plugin, link)
    await plugin.on_load()


async def end(source: Source, link: Link) -> None:
    """Let an instance release what it took."""
    plugin = source.instance
    if plugin is None:
        return
    await plugin.on_unload()
    if has_older(source.cls, "cleanup") or has_older(source.cls, "destroy"):
        from plugin_sdk.runtime.older import end_older

        await end_older(plugin, link)
