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
        StateError
            NotActive               not_active
            Disabled                disabled
            Quarantined             quarantined
            Busy                    busy
            LoadFailed              load_failed
                LoadRefused         load_refused
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

Each class has a stable `code`; each error says what happened, and in `remedy` what to do about it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec

from protocol import errors as wire


class PlughostError(Exception):
    """What happened, to whom, why; and what to do next."""

    code: ClassVar[str] = "plughost_error"
    wire_code: ClassVar[int] = wire.INTERNAL_ERROR
    """The JSON-RPC code under which a plugin sees this error."""
    remedy: str = ""

    def __init__(self, message: str, *, remedy: str = "", **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy or self.remedy
        self.data: Mapping[str, Any] = data

    def __str__(self) -> str:
        """Return the message and the remedy as one text."""
        if not self.remedy:
            return self.message
        separator = "\n" if "\n" in self.message else "; "
        return f"{self.message}{separator}{self.remedy}"

    def as_json(self) -> dict[str, Any]:
        """Return what a front end prints: code, message, remedy and the error's own data."""
        return {"code": self.code, "message": self.message, "remedy": self.remedy, **self.data}


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


def _near(names: Iterable[str]) -> str:
    near = list(names)
    return f"; did you mean {' or '.join(near)}?" if near else ""


class PluginNotFound(PlughostError):
    """No plugin has this id."""

    code = "plugin_not_found"
    wire_code = wire.PLUGIN_NOT_FOUND

    def __init__(self, plugin: str, near: Iterable[str] = ()) -> None:
        near = tuple(near)
        super().__init__(
            f"there is no plugin {plugin!r}{_near(near)}",
            remedy="list the plugins to see what was discovered, and where the host looks",
            plugin=plugin,
            near=near,
        )


class DuplicateApi(PlughostError):
    """An API method is registered twice, or under a name that is not free."""

    code = "duplicate_api"


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


class LoadFailed(StateError):
    """The plugin did not become active; it will be tried again."""

    code = "load_failed"


class LoadRefused(LoadFailed):
    """The plugin can't become active until somebody changes something; it is not tried again."""

    code = "load_refused"


class CallError(PlughostError):
    """A call did not bring a result."""


class PluginError(CallError):
    """The plugin failed the call on purpose; message and `detail` are the author's own."""

    code = "plugin_error"
    wire_code = wire.PLUGIN_ERROR

    def __init__(self, message: str, detail: Any = None, *, rpc_code: int = wire.PLUGIN_ERROR) -> None:
        super().__init__(message, detail=detail, rpc_code=rpc_code)
        self.detail = detail
        self.rpc_code = rpc_code


class PluginIncident(CallError):
    """The plugin's handler raised something unexpected; its log explains the incident id."""

    code = "plugin_incident"
    remedy = "look the incident id up in the plugin's log"


class PluginDied(CallError):
    """The plugin's process ended while the call was waiting."""

    code = "plugin_died"
    wire_code = wire.PLUGIN_DIED
    remedy = "the host restarts it by its policy; call again once it is active"


class MethodNotFound(CallError):
    """The plugin, or the host, has no such method."""

    code = "method_not_found"
    wire_code = wire.METHOD_NOT_FOUND

    def __init__(self, owner: str, method: str, near: Iterable[str] = ()) -> None:
        near = tuple(near)
        super().__init__(
            f"{owner} has no method {method!r}{_near(near)}", owner=owner, method=method, near=near
        )


class InvalidParams(CallError):
    """A parameter is missing, unknown or of the wrong type; the message names it."""

    code = "invalid_params"
    wire_code = wire.INVALID_PARAMS


class InvalidResult(CallError):
    """A result can't be expressed in JSON, or is not what was promised."""

    code = "invalid_result"
    wire_code = wire.INVALID_RESULT


class WrongShape(CallError):
    """A stream was called, or a plain method was opened as a stream."""

    code = "wrong_shape"
    wire_code = wire.WRONG_SHAPE


class DeadlineExceeded(CallError):
    """No answer came in time; the plugin was told to stop working on it."""

    code = "deadline_exceeded"
    wire_code = wire.DEADLINE_EXCEEDED
    remedy = "allow it more time, or see in its log what it is doing"


class Cancelled(CallError):
    """The other side cancelled the call."""

    code = "cancelled"
    wire_code = wire.CANCELLED


class Overloaded(CallError):
    """Too much is waiting already."""

    code = "overloaded"
    wire_code = wire.OVERLOADED
    remedy = "call less often, or later"


class Denied(CallError):
    """A permission is missing."""

    code = "denied"
    wire_code = wire.DENIED


class FrameTooLarge(CallError):
    """A message is longer than a frame may be."""

    code = "frame_too_large"
    wire_code = wire.FRAME_TOO_LARGE
    remedy = "send less at once, or stream it"


class ProtocolFault(CallError):
    """The plugin's side of the wire broke the protocol."""

    code = "protocol_fault"
    wire_code = wire.PROTOCOL_FAULT
    remedy = "mend the plugin; its log shows the bad frames"


class StreamOverrun(CallError):
    """The plugin sent more stream items than it had credit for."""

    code = "stream_overrun"
    wire_code = wire.STREAM_OVERRUN
    remedy = "mend the plugin: it must wait for credit"
