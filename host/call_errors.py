"""Errors of calls into a plugin, and of a plugin's calls: one family of the tree that `host.errors` draws.

Whoever raises or catches one imports it from there.
"""

from collections.abc import Iterable
from typing import Any

from host.base_error import PlughostError, did_you_mean
from protocol import errors as wire


class CallError(PlughostError):
    """A call did not bring a result."""


class PluginError(CallError):
    """The plugin failed the call on purpose; message and `detail` are the author's own."""

    code = "plugin_error"
    wire_code = wire.PLUGIN_ERROR

    def __init__(self, message: str, detail: Any = None, *, rpc_code: int = wire.PLUGIN_ERROR) -> None:
        super().__init__(message, detail=detail, rpc_code=rpc_code)
        self.detail = self.data["detail"]
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


THE_HOST = "the host"
"""The owner of what plugins call in the host."""


class MethodNotFound(CallError):
    """The plugin, or the host, has no such method."""

    code = "method_not_found"
    wire_code = wire.METHOD_NOT_FOUND

    def __init__(self, owner: str, method: str, near: Iterable[str] = (), remedy: str = "") -> None:
        near = tuple(near)
        super().__init__(
            f"{owner} has no method {method!r}{did_you_mean(near)}",
            remedy=remedy or ("`rpc.discover` lists what there is" if owner == THE_HOST and not near else ""),
            owner=owner,
            method=method,
            near=near,
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


class CallCycle(CallError):
    """A plugin would wait for itself: the call's chain leads back to a plugin that is in it."""

    code = "call_cycle"
    wire_code = wire.CALL_CYCLE
    remedy = "answer first and call back later, or send an event"


class CallDepth(CallError):
    """Too many calls stand in one chain, each made to serve the one before."""

    code = "call_depth"
    wire_code = wire.CALL_DEPTH
    remedy = "let the plugins call each other less deeply"


class StreamOverrun(CallError):
    """The plugin sent more stream items than it had credit for."""

    code = "stream_overrun"
    wire_code = wire.STREAM_OVERRUN
    remedy = "mend the plugin: it must wait for credit"


class HookCycle(CallError):
    """A handler of a hook did, while it was asked, what triggers that hook."""

    code = "hook_cycle"
    wire_code = wire.HOOK_CYCLE
    remedy = "let the handler do it after it has answered, or do it where the hook does not watch"
