"""Every error that the host raises, in one tree.

    PlughostError
        UnsupportedPlatform         unsupported_platform
        SettingsError               invalid_settings
        AlreadyRunning              already_running
        HostClosed                  host_closed
        NoHost                      no_host
            NoAnswer                no_answer
        ManifestError               invalid_manifest
        PluginNotFound              plugin_not_found
        DuplicateApi                duplicate_api
        TooFewDescriptors           too_few_descriptors
        NotForgotten                not_forgotten
        StateError
            NotActive               not_active
            Disabled                disabled
            Quarantined             quarantined
            Busy                    busy
            HasDependants           has_dependants
            LoadFailed              load_failed
                LoadRefused         load_refused
                    MissingDependency missing_dependency
                    ConsentRequired consent_required
                    HandoverFailed  handover_failed
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
            HookCycle               hook_cycle
            CallCycle               call_cycle
            CallDepth               call_depth
            ServiceError
                RateLimited         rate_limited
                QuotaExceeded       quota_exceeded
                Conflict            conflict
                DiskFull            disk_full
                DatabaseFault       database_fault
                InvalidConfiguration invalid_configuration
                ConfigurationRefused configuration_refused
                ContributionNotFound contribution_not_found
                DuplicateContribution duplicate_contribution
                NotConfigured       not_configured
                DeliveryFailed      delivery_failed

Each class has a stable `code`; each error says what happened, and in `remedy` what to do about it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from host.base_error import Fault, PlughostError, did_you_mean
from host.call_errors import (
    CallCycle,
    CallDepth,
    CallError,
    Cancelled,
    DeadlineExceeded,
    Denied,
    FrameTooLarge,
    HookCycle,
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
    ConfigurationRefused,
    Conflict,
    ContributionNotFound,
    DatabaseFault,
    DeliveryFailed,
    DiskFull,
    DuplicateContribution,
    InvalidConfiguration,
    NotConfigured,
    QuotaExceeded,
    RateLimited,
    ServiceError,
)
from host.state_errors import (
    Busy,
    ConsentRequired,
    Disabled,
    HandoverFailed,
    HasDependants,
    LoadFailed,
    LoadRefused,
    MissingDependency,
    NotActive,
    Quarantined,
    StateError,
)
from protocol import errors as wire

__all__ = [
    "AlreadyRunning",
    "Busy",
    "CallCycle",
    "CallDepth",
    "CallError",
    "Cancelled",
    "ConfigurationRefused",
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
    "HandoverFailed",
    "HasDependants",
    "HookCycle",
    "HostClosed",
    "InvalidConfiguration",
    "InvalidParams",
    "InvalidResult",
    "LoadFailed",
    "LoadRefused",
    "ManifestError",
    "MethodNotFound",
    "MissingDependency",
    "NoAnswer",
    "NoHost",
    "NotActive",
    "NotConfigured",
    "NotForgotten",
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


class NoAnswer(NoHost):
    """A host is there and gives no sign of life."""

    code = "no_answer"


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


class NotForgotten(PlughostError):
    """Some of what is kept of a plugin could not be removed; `removed` and `failed` say what."""

    code = "not_forgotten"

    def __init__(self, plugin: str, removed: Mapping[str, int], failed: Mapping[str, str]) -> None:
        self.removed = dict(removed)
        self.failed = dict(failed)
        listed = "; ".join(f"{part}: {why}" for part, why in failed.items())
        super().__init__(
            f"not all that is kept of plugin {plugin!r} could be removed: {listed}",
            remedy="mend what each of them says, then forget it again: the rest is gone already",
            plugin=plugin,
            removed=self.removed,
            failed=self.failed,
        )
