"""Errors of a plugin's state: one family of the tree that `host.errors` draws.

Whoever raises or catches one imports it from there.
"""

from collections.abc import Iterable

from host.base_error import PlughostError
from protocol import errors as wire


class StateError(PlughostError):
    """The plugin's state does not allow this."""

    wire_code = wire.NOT_ACTIVE


class NotActive(StateError):
    """The plugin does not run, so it can't answer."""

    code = "not_active"


class Disabled(StateError):
    """The operator disabled the plugin."""

    code = "disabled"
    wire_code = wire.DISABLED
    remedy = "enable it first"


class Quarantined(StateError):
    """The plugin failed too often and is kept from starting."""

    code = "quarantined"
    wire_code = wire.QUARANTINED
    remedy = "mend the plugin (a changed package ends it) or reset it"


class Busy(StateError):
    """Another operation on the plugin is under way."""

    code = "busy"
    remedy = "wait for it; stop and kill pre-empt it"


class HasDependants(StateError):
    """Plugins that run need the one that is to be unloaded."""

    code = "has_dependants"

    def __init__(self, plugin: str, dependants: Iterable[str]) -> None:
        self.dependants = tuple(dependants)
        names = ", ".join(self.dependants)
        super().__init__(
            f"plugin {plugin!r} is needed by running plugins: {names}",
            remedy='unload them first, or say dependants="unload" (they go first) or "keep" (they stay)',
            plugin=plugin,
            dependants=self.dependants,
        )


class LoadFailed(StateError):
    """The plugin did not become active; it will be tried again."""

    code = "load_failed"


class LoadRefused(LoadFailed):
    """The plugin can't become active until somebody changes something; it is not tried again."""

    code = "load_refused"


class MissingDependency(LoadRefused):
    """A package or a plugin that the plugin needs is not there, or of another version."""

    code = "missing_dependency"


class HandoverFailed(LoadRefused):
    """A new run of the plugin did not take over; the one that served was not touched."""

    code = "handover_failed"
    remedy = "mend what it says, then reload it"


class ConsentRequired(LoadRefused):
    """The plugin asks for permissions that nobody has granted or refused yet."""

    code = "consent_required"

    def __init__(
        self, plugin: str, version: str, waiting: tuple[str, ...], granted: tuple[str, ...], granted_to: str
    ) -> None:
        before = ""
        if granted_to:
            before = f"; version {granted_to} was granted {', '.join(granted) or 'nothing'}"
        super().__init__(
            f"plugin {plugin!r} {version} waits for consent to {', '.join(waiting)}{before}",
            remedy=f"consent to it or decline it: host.permissions.consent({plugin!r}), .decline({plugin!r})",
            plugin=plugin,
            version=version,
            waiting=waiting,
            granted=granted,
            granted_to=granted_to,
        )
