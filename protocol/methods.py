"""THE table of built-in methods: who may call what, with which parameters, for which result.

Both sides read it: the host's gateway attaches a function to each `to_host` row, the SDK answers each
`to_plugin` row, and `protocol.schema` generates the published schemas from it.
"""

from typing import Any, Literal

import msgspec

from protocol.messages.analytics import AnalyticsStats, AnalyticsTrack
from protocol.messages.commands import (
    CommandInfo,
    CommandInvoke,
    CommandName,
    CommandOutcome,
    CommandRegister,
    CommandRun,
)
from protocol.messages.config import (
    ConfigChanged,
    ConfigGet,
    ConfigRegister,
    ConfigSet,
    Configure,
    Configured,
)
from protocol.messages.contract import HealthAnswer, StatusAnswer
from protocol.messages.email import EmailSend, EmailSent
from protocol.messages.endpoints import (
    EndpointCall,
    EndpointName,
    EndpointPlace,
    EndpointRegister,
    EndpointRequest,
    HttpResponse,
)
from protocol.messages.events import (
    Emitted,
    Event,
    Events,
    EventsCredit,
    EventsEmit,
    EventsHandled,
    EventsSubscribe,
    EventsUnsubscribe,
)
from protocol.messages.hooks import HookAnswer, HookCall
from protocol.messages.log import LogWrite
from protocol.messages.meta import Cancel, Credit, Discovery, Empty, Progress, StreamItem
from protocol.messages.notify import Notified, NotifyAll, NotifyUser
from protocol.messages.plugin import InitializeParams, InitializeResult, LoadParams
from protocol.messages.plugins import HostInfo, OtherPlugin, PluginsCall
from protocol.messages.schedule import ScheduleInfo, ScheduleName, ScheduleRegister, TickCall
from protocol.messages.storage import (
    StorageAppend,
    StorageCompareAndSet,
    StorageEntry,
    StorageIncr,
    StorageItems,
    StorageKey,
    StorageList,
    StorageSet,
    StorageTransaction,
    StorageUsage,
)
from protocol.messages.ui import ActionCall, UiAnswer, UiName, UiPrompt, UiRegister, WidgetAsk

Direction = Literal["to_plugin", "to_host", "both"]
Kind = Literal["request", "stream", "notification"]


class Method(msgspec.Struct, frozen=True):
    """One row."""

    name: str
    direction: Direction
    kind: Kind
    params: type[msgspec.Struct]
    result: Any
    """Result (or stream item) type; None for a notification."""
    summary: str
    permission: str | None = None
    """What a plugin must have been granted; `{x}` stands for the parameter x."""
    since: int = 1
    """Protocol version that brought it."""


_ROWS = (
    Method(
        "plugin.initialize", "to_plugin", "request", InitializeParams, InitializeResult, "Say who you are."
    ),
    Method("plugin.load", "to_plugin", "request", LoadParams, Empty, "Take configuration and start to work."),
    Method(
        "plugin.unload", "to_plugin", "request", Empty, Empty, "Release everything; stdin closes after it."
    ),
    Method("plugin.ping", "to_plugin", "request", Empty, Empty, "Answer from the event loop."),
    Method("plugin.hook", "to_plugin", "request", HookCall, HookAnswer, "Say whether something may happen."),
    Method("plugin.health", "to_plugin", "request", Empty, HealthAnswer, "Say how you are."),
    Method("plugin.status", "to_plugin", "request", Empty, StatusAnswer, "Say what you do."),
    Method(
        "plugin.configure",
        "to_plugin",
        "request",
        Configure,
        Configured,
        "Take a changed configuration, or say why not.",
    ),
    Method("rpc.discover", "both", "request", Empty, Discovery, "Describe the methods of this side."),
    Method("$/cancel", "both", "notification", Cancel, None, "Stop working on the sender's request."),
    Method("$/credit", "both", "notification", Credit, None, "Allow more items of the sender's stream."),
    Method("$/progress", "both", "notification", Progress, None, "Work on the receiver's request goes on."),
    Method("$/stream", "both", "notification", StreamItem, None, "One item of the receiver's stream."),
    Method("log.write", "to_host", "notification", LogWrite, None, "Write a line to the plugin's log."),
    Method("host.info", "to_host", "request", Empty, HostInfo, "Describe the host."),
    Method(
        "plugins.call",
        "to_host",
        "request",
        PluginsCall,
        Any,
        "Call a method of another plugin.",
        "plugins:call:{plugin}",
    ),
    Method(
        "plugins.stream",
        "to_host",
        "stream",
        PluginsCall,
        Any,
        "Open a stream of another plugin.",
        "plugins:call:{plugin}",
    ),
    Method("plugin.event", "to_plugin", "notification", Event, None, "Something happened."),
    Method(
        "plugin.events",
        "to_plugin",
        "request",
        Events,
        EventsHandled,
        "Handle events of a durable subscription.",
    ),
    Method("events.emit", "to_host", "request", EventsEmit, Emitted, "Say that something happened."),
    Method("events.credit", "to_host", "notification", EventsCredit, None, "Events that were handled."),
    Method("events.subscribe", "to_host", "request", EventsSubscribe, Empty, "Ask for events."),
    Method("events.unsubscribe", "to_host", "request", EventsUnsubscribe, Empty, "Ask for them no more."),
    Method(
        "notify.user",
        "to_host",
        "request",
        NotifyUser,
        Notified,
        "Notify one user.",
        "notifications:send:user",
    ),
    Method(
        "notify.all",
        "to_host",
        "request",
        NotifyAll,
        Notified,
        "Notify everybody.",
        "notifications:send:all",
    ),
    Method(
        "notify.admins",
        "to_host",
        "request",
        NotifyAll,
        Notified,
        "Notify those who run the application.",
        "notifications:send:admins",
    ),
    Method("storage.get", "to_host", "request", StorageKey, Any, "Return a value, or null if there is none."),
    Method(
        "storage.entry", "to_host", "request", StorageKey, StorageEntry, "Return a value with its version."
    ),
    Method("storage.set", "to_host", "request", StorageSet, int, "Keep a value; return its version."),
    Method(
        "storage.delete", "to_host", "request", StorageKey, bool, "Delete a key; return whether it was there."
    ),
    Method("storage.keys", "to_host", "request", StorageList, list[str], "List keys in order."),
    Method(
        "storage.items",
        "to_host",
        "request",
        StorageList,
        StorageItems,
        "List keys and values in order.",
    ),
    Method(
        "storage.compare_and_set",
        "to_host",
        "request",
        StorageCompareAndSet,
        int,
        "Keep a value if the key's version is still this one; return the new one.",
    ),
    Method("storage.incr", "to_host", "request", StorageIncr, int | float, "Add to a number; return it."),
    Method("storage.append", "to_host", "request", StorageAppend, int, "Add to a list; return its length."),
    Method(
        "storage.transaction",
        "to_host",
        "request",
        StorageTransaction,
        list[Any],
        "Do several operations, all or none.",
    ),
    Method(
        "storage.usage", "to_host", "request", Empty, StorageUsage, "Tell how much is kept and may be kept."
    ),
    Method(
        "email.send", "to_host", "request", EmailSend, EmailSent, "Send a message by email.", "email:send"
    ),
    Method("plugin.command", "to_plugin", "request", CommandRun, CommandOutcome, "Run a command."),
    Method("plugin.endpoint", "to_plugin", "request", EndpointCall, HttpResponse, "Answer an HTTP request."),
    Method("plugin.tick", "to_plugin", "request", TickCall, Empty, "Do what is due now."),
    Method("plugin.widget", "to_plugin", "request", WidgetAsk, Any, "Give a widget's data."),
    Method("plugin.action", "to_plugin", "request", ActionCall, Any, "Do what a menu item is for."),
    Method("commands.register", "to_host", "request", CommandRegister, Empty, "Offer a command."),
    Method("commands.unregister", "to_host", "request", CommandName, Empty, "Withdraw a command."),
    Method("commands.list", "to_host", "request", Empty, tuple[CommandInfo, ...], "List all commands."),
    Method(
        "commands.invoke",
        "to_host",
        "request",
        CommandInvoke,
        Any,
        "Run a command of a plugin.",
        "commands:call:{plugin}",
    ),
    Method(
        "endpoints.register", "to_host", "request", EndpointRegister, EndpointPlace, "Answer HTTP requests."
    ),
    Method("endpoints.unregister", "to_host", "request", EndpointName, Empty, "Withdraw an endpoint."),
    Method(
        "endpoints.request",
        "to_host",
        "request",
        EndpointRequest,
        HttpResponse,
        "Make an HTTP request inside the host, as this plugin.",
    ),
    Method("ui.register", "to_host", "request", UiRegister, Empty, "Add to user interfaces."),
    Method("ui.unregister", "to_host", "request", UiName, Empty, "Take it back."),
    Method("ui.prompt", "to_host", "request", UiPrompt, UiAnswer, "Ask the operator.", "prompts:send"),
    Method(
        "schedule.register",
        "to_host",
        "request",
        ScheduleRegister,
        Empty,
        "Ask to be called again and again.",
    ),
    Method("schedule.unregister", "to_host", "request", ScheduleName, Empty, "Ask no longer."),
    Method("schedule.list", "to_host", "request", Empty, tuple[ScheduleInfo, ...], "List own schedules."),
    Method("config.get", "to_host", "request", ConfigGet, Any, "Return the plugin's own configuration."),
    Method(
        "config.set", "to_host", "request", ConfigSet, ConfigChanged, "Change the plugin's own configuration."
    ),
    Method("config.schema", "to_host", "request", Empty, dict[str, Any], "Return its schema."),
    Method(
        "config.register", "to_host", "request", ConfigRegister, dict[str, Any], "Describe settings in code."
    ),
    Method(
        "config.system",
        "to_host",
        "request",
        ConfigGet,
        Any,
        "Return what the application publishes of its own configuration.",
        "config:read",
    ),
    Method("plugins.list", "to_host", "request", Empty, list[OtherPlugin], "List the plugins of this host."),
    Method("analytics.track", "to_host", "request", AnalyticsTrack, Empty, "Count one action of one's own."),
    Method(
        "analytics.stats", "to_host", "request", Empty, AnalyticsStats, "Ask what was counted of oneself."
    ),
)

METHODS: dict[str, Method] = {row.name: row for row in _ROWS}
"""Every built-in method by name."""
