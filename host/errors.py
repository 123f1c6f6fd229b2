"""Every error that the host raises, in one tree.

    PlughostError
        UnsupportedPlatform         unsupported_platform
        SettingsError               invalid_settings
        AlreadyRunning              already_running
        HostClosed                  host_closed
        NoHost                      no_host
        ManifestError               invalid_manifest
        PluginNotFound              plugin_not_found
        DuplicateApi                duplicate_api
        TooFewDescriptors           too_few_descriptors
        StateError
            NotActive               not_active
            Disabled                disabled
            Quarantined             quarantined
            Busy                    busy
            LoadFailed              load_failed
                LoadRefused         load_refused
                    ConsentRequired consent_required
        CallError
            PluginError             plugin_error
            PluginIncident          plugin_incident
            PluginDied              plugin_died
            MethodNotFound          method_not_found
            InvalidParams           invalid_params
            InvalidResult           invalid_result
            WrongShape              wrong_shape
            DeadlineExceeded        deadline_exceeded
            Cancelled               cancelled
            Overloaded              overloaded
            Denied                  denied
            FrameTooLarge           frame_too_large
            ProtocolFault           protocol_fault
            StreamOverrun           stream_overrun
            ServiceError
                RateLimited         rate_limited
                QuotaExceeded       quota_exceeded
                Conflict            conflict
                DiskFull            disk_full
                DatabaseFault       database_fault
                ContributionNotFound contribution_not_found
                DuplicateContribution duplicate_contribution
                NotConfigured       not_configured
                DeliveryFailed      delivery_failed

Each class has a stable `code`; each error says what happened, and in `remedy` what to do about it.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from host.base_error import PlughostError, did_you_mean
from host.call_errors import (
    CallError,
    Cancelled,
    DeadlineExceeded,
    Denied,
    FrameTooLarge,
    InvalidParams,
    InvalidResult,
    MethodNotFound,
    Overloaded,
    PluginDied,
    PluginError,
    PluginIncident,
    ProtocolFault,
    StreamOverrun,
    WrongShape,
)
from host.service_errors import (
    Conflict,
    ContributionNotFound,
    DatabaseFault,
    DeliveryFailed,
    DiskFull,
    DuplicateContribution,
    NotConfigured,
    QuotaExceeded,
    RateLimited,
    ServiceError,
)
from host.state_errors import (
    Busy,
    ConsentRequired,
    Disabled,
    LoadFailed,
    LoadRefused,
    NotActive,
    Quarantined,
    StateError,
)
from protocol import errors as wire

__all__ = [
    "AlreadyRunning",
    "Busy",
    "CallError",
    "Cancelled",
    "Conflict",
    "ConsentRequired",
    "ContributionNotFound",
    "DatabaseFault",
    "DeadlineExceeded",
    "DeliveryFailed",
    "Denied",
    "Disabled",
    "DiskFull",
    "DuplicateApi",
    "DuplicateContribution",
    "Fault",
    "FrameTooLarge",
    "HostClosed",
    "InvalidParams",
    "InvalidResult",
    "LoadFailed",
    "LoadRefused",
    "ManifestError",
    "MethodNotFound",
    "NoHost",
    "NotActive",
    "NotConfigured",
    "Overloaded",
    "PlughostError",
    "PluginDied",
    "PluginError",
    "PluginIncident",
    "PluginNotFound",
    "ProtocolFault",
    "Quarantined",
    "QuotaExceeded",
    "RateLimited",
    "ServiceError",
    "SettingsError",
    "StateError",
    "StreamOverrun",
    "UnsupportedPlatform",
    "WrongShape",
]


class UnsupportedPlatform(PlughostError):
    """Plughost does not run on this operating system."""

    code = "unsupported_platform"
    remedy = "run it on Linux or macOS; Windows is not built yet"


class SettingsError(PlughostError):
    """The host's own settings can't be used."""

    code = "invalid_settings"


class AlreadyRunning(PlughostError):
    """Another host holds the data folder."""

    code = "already_running"
    remedy = "stop that host, or give this one another data folder"


class HostClosed(PlughostError):
    """The host is not running: not entered yet, or closed."""

    code = "host_closed"
    remedy = "use it inside `async with PluginHost(...)`"


class NoHost(PlughostError):
    """No host answers."""

    code = "no_host"


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a document: where, what was found, what is allowed."""

    file: str
    path: str
    """Place inside the document, such as `limits.memory`; empty for the document itself."""
    found: str
    allowed: str

    def __str__(self) -> str:
        """Return the fault as one line."""
        place = f"{self.file}: {self.path}" if self.path else self.file
        return f"{place}: found {self.found}; allowed: {self.allowed}"


class ManifestError(PlughostError):
    """A manifest can't be used; `faults` lists everything that is wrong with it."""

    code = "invalid_manifest"
    wire_code = wire.PLUGIN_NOT_FOUND
    remedy = "mend each of them, then run `plughost validate`"

    def __init__(self, folder: str, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        count = "one fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        lines = "".join(f"\n  {fault}" for fault in self.faults)
        super().__init__(f"the manifest in {folder} has {count}:{lines}", folder=folder)

    def as_json(self) -> dict[str, Any]:
        """Return the error with each fault as an object."""
        return super().as_json() | {"faults": [msgspec.to_builtins(fault) for fault in self.faults]}


class PluginNotFound(PlughostError):
    """No plugin has this id."""

    code = "plugin_not_found"
    wire_code = wire.PLUGIN_NOT_FOUND

    def __init__(self, plugin: str, near: Iterable[str] = ()) -> None:
        near = tuple(near)
        super().__init__(
            f"there is no plugin {plugin!r}{did_you_mean(near)}",
            remedy="list the plugins to see what was discovered, and where the host looks",
            plugin=plugin,
            near=near,
        )


class DuplicateApi(PlughostError):
    """An API method is registered twice, or under a name that is not free."""

    code = "duplicate_api"


class TooFewDescriptors(PlughostError):
    """The system does not let this process open as many descriptors as the plugins need."""

    code = "too_few_descriptors"

    def __init__(self, plugins: int, needed: int, free: int, limit: int) -> None:
        what = "one more plugin needs" if plugins == 1 else f"{plugins} more plugins need"
        at_least = limit + needed - free
        super().__init__(
            f"{what} {needed} descriptors, and this process may open {free}: its limit is {limit}",
            remedy=f"raise the limit to {at_least} or more (`ulimit -n {at_least}`, or LimitNOFILE= of its "
            "service), or load fewer plugins",
            plugins=plugins,
            needed=needed,
            free=free,
            limit=limit,
        )
