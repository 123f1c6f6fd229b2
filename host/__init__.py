"""Plughost: runs every plugin as a process of its own.

Names are imported when they are first used, so that a program that needs one of them does not load all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from host.errors import (
        AlreadyRunning,
        Busy,
        CallCycle,
        CallDepth,
        CallError,
        Cancelled,
        ConfigurationRefused,
        Conflict,
        ConsentRequired,
        ContributionNotFound,
        DatabaseFault,
        DeadlineExceeded,
        DeliveryFailed,
        Denied,
        Disabled,
        DiskFull,
        DuplicateApi,
        DuplicateContribution,
        FrameTooLarge,
        HasDependants,
        HookCycle,
        HostClosed,
        InvalidConfiguration,
        InvalidParams,
        InvalidResult,
        LoadFailed,
        LoadRefused,
        ManifestError,
        MethodNotFound,
        MissingDependency,
        NoAnswer,
        NoHost,
        NotActive,
        NotConfigured,
        NotForgotten,
        Overloaded,
        PlughostError,
        PluginDied,
        PluginError,
        PluginIncident,
        PluginNotFound,
        ProtocolFault,
        Quarantined,
        QuotaExceeded,
        RateLimited,
        ServiceError,
        SettingsError,
        StateError,
        StreamOverrun,
        TooFewDescriptors,
        UnsupportedPlatform,
        WrongShape,
    )
    from host.facade import Caller, Change, ExitFacts, Figures, PluginView
    from host.permissions.policy import Verdict
    from host.plugin_host import PluginHost
    from host.routing.event_handlers import Event
    from host.routing.hook_chain import HookStep
    from host.routing.hooks import HookVerdict
    from host.services.http_values import Principal, Request, Response
    from host.services.notifications import Notification
    from host.services.prompts import Prompt
    from host.settings.events import EventSettings
    from host.settings.mail import MailSettings
    from host.timing import Timing
    from protocol.manifest import Limits
    from protocol.permissions import Permission

_HOMES = {
    "Caller": "host.facade",
    "Change": "host.facade",
    "Event": "host.routing.event_handlers",
    "EventSettings": "host.settings.events",
    "ExitFacts": "host.facade",
    "Figures": "host.facade",
    "Limits": "protocol.manifest",
    "MailSettings": "host.settings.mail",
    "Notification": "host.services.notifications",
    "Prompt": "host.services.prompts",
    "Permission": "protocol.permissions",
    "PluginHost": "host.plugin_host",
    "HookStep": "host.routing.hook_chain",
    "HookVerdict": "host.routing.hooks",
    "Principal": "host.services.http_values",
    "Request": "host.services.http_values",
    "Response": "host.services.http_values",
    "PluginView": "host.facade",
    "Timing": "host.timing",
    "Verdict": "host.permissions.policy",
}

__all__ = [
    "AlreadyRunning",
    "Busy",
    "CallCycle",
    "CallDepth",
    "CallError",
    "Caller",
    "Cancelled",
    "Change",
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
    "Event",
    "EventSettings",
    "ExitFacts",
    "Figures",
    "FrameTooLarge",
    "HasDependants",
    "HookCycle",
    "HookStep",
    "HookVerdict",
    "HostClosed",
    "InvalidConfiguration",
    "InvalidParams",
    "InvalidResult",
    "Limits",
    "LoadFailed",
    "LoadRefused",
    "MailSettings",
    "ManifestError",
    "MethodNotFound",
    "MissingDependency",
    "NoAnswer",
    "NoHost",
    "NotActive",
    "NotConfigured",
    "NotForgotten",
    "Notification",
    "Overloaded",
    "Permission",
    "PlughostError",
    "PluginDied",
    "PluginError",
    "PluginHost",
    "PluginIncident",
    "PluginNotFound",
    "PluginView",
    "Principal",
    "Prompt",
    "ProtocolFault",
    "Quarantined",
    "QuotaExceeded",
    "RateLimited",
    "Request",
    "Response",
    "ServiceError",
    "SettingsError",
    "StateError",
    "StreamOverrun",
    "Timing",
    "TooFewDescriptors",
    "UnsupportedPlatform",
    "Verdict",
    "WrongShape",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "host.errors")), name)


def __dir__() -> list[str]:
    return sorted(__all__)
