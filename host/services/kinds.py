"""Kinds: that a plugin is of the type that its manifest says, and which plugins of a type there are."""

from collections.abc import Callable, Iterator

from host.facade import Joining, PluginView
from protocol.kinds import CALLED


class Kinds:
    """All kinds of one host."""

    def __init__(self, views: Callable[[], tuple[PluginView, ...]]) -> None:
        self._views = views

    def providers(self, kind: str) -> tuple[PluginView, ...]:
        """Return the active plugins of a type, such as `ai_provider`, as they are now."""
        return tuple(view for view in self._views() if view.type == kind and view.state == "active")

    def check(self, session: Joining) -> Iterator[str]:
        """Return what its type demands and it has not."""
        kind = session.manifest.type
        said = session.provides.kind
        if said not in ("", kind):
            yield (
                f"its manifest says type {kind!r}, its class is of the kind {said[:40]!r}: "
                "let the manifest say the class's, or derive the class from another"
            )
            return
        if session.provided is None:
            return  # it did not say what it has
        for name, is_stream in CALLED.get(kind, {}).items():
            found = session.provided.get(name)
            if found is None:
                yield f"a plugin of type {kind} has to have a method {name}"
            elif found is not is_stream:
                yield f"{name} of a plugin of type {kind} {'is' if is_stream else 'is not'} a stream"

    def join(self, session: Joining) -> None:
        """Nothing is kept: the manifest says the type."""

    def activated(self, session: Joining) -> None:
        """Nothing changes."""

    def leave(self, session: Joining) -> None:
        """Nothing is kept."""
