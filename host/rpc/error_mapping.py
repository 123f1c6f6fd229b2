"""The one place where errors cross the wire: answers of plugins to our errors, and ours to answers."""

import logging
from collections.abc import Callable
from typing import Any, cast

from host import errors
from host.errors import PlughostError
from host.ids import new_incident_id
from host.masking import known
from protocol import errors as wire
from protocol.errors import ErrorObject, RpcError
from protocol.waiter import DeadlinePassed

logger = logging.getLogger(__name__)

MAX_MESSAGE_CHARS = 4_096
"""Longer messages of plugins are cut."""

_Build = Callable[[str, str, RpcError], PlughostError]


def _plain(cls: type[PlughostError]) -> _Build:
    return lambda plugin, method, exc: cls(
        f"{plugin}.{method}: {exc.message[:MAX_MESSAGE_CHARS]}",
        remedy=_remedy(exc.data),
        plugin=plugin,
        method=method,
        detail=exc.data,
    )


def _remedy(data: Any) -> str:
    """Return the remedy of one of our own errors that comes back through a plugin, such as a refusal."""
    remedy: Any = cast("dict[str, Any]", data).get("remedy") if isinstance(data, dict) else None
    return remedy[:MAX_MESSAGE_CHARS] if isinstance(remedy, str) else ""


def _near(data: dict[str, Any]) -> list[str]:
    near: Any = data.get("near")
    return [str(name)[:100] for name in cast("list[Any]", near)[:3]] if isinstance(near, list) else []


def _method_not_found(plugin: str, method: str, exc: RpcError) -> PlughostError:
    data = cast("dict[str, Any]", exc.data) if isinstance(exc.data, dict) else {}
    names = _near(data)
    if data.get("code") == errors.MethodNotFound.code:
        # The plugin is there and has the method; what it called in turn is missing, and the host said so.
        owner, missing = str(data.get("owner"))[:100], str(data.get("method"))[:100]
        return errors.MethodNotFound(f"{plugin}.{method} needs what is missing: {owner}", missing, names)
    return errors.MethodNotFound(f"plugin {plugin!r}", method, names)


def _contribution_not_found(plugin: str, method: str, exc: RpcError) -> PlughostError:
    data = cast("dict[str, Any]", exc.data) if isinstance(exc.data, dict) else {}
    kind, name = str(data.get("kind", "contribution"))[:100], str(data.get("name", exc.message))
    return errors.ContributionNotFound(kind, name, _near(data))


def _as_plugin_error(_plugin: str, _method: str, exc: RpcError) -> PlughostError:
    return errors.PluginError(exc.message[:MAX_MESSAGE_CHARS], exc.data, rpc_code=exc.code)


def _deadline(plugin: str, method: str, exc: RpcError) -> PlughostError:
    if isinstance(exc, DeadlinePassed):
        return errors.DeadlineExceeded(f"{plugin}.{exc.message}", plugin=plugin, method=method)
    return _plain(errors.DeadlineExceeded)(plugin, method, exc)


_FROM_WIRE: dict[int, _Build] = {
    wire.PARSE_ERROR: _plain(errors.ProtocolFault),
    wire.INVALID_REQUEST: _plain(errors.ProtocolFault),
    wire.METHOD_NOT_FOUND: _method_not_found,
    wire.INVALID_PARAMS: _plain(errors.InvalidParams),
    wire.INTERNAL_ERROR: _plain(errors.PluginIncident),
    wire.DEADLINE_EXCEEDED: _deadline,
    wire.CANCELLED: _plain(errors.Cancelled),
    wire.OVERLOADED: _plain(errors.Overloaded),
    wire.DENIED: _plain(errors.Denied),
    wire.WRONG_SHAPE: _plain(errors.WrongShape),
    wire.FRAME_TOO_LARGE: _plain(errors.FrameTooLarge),
    wire.BATCH_UNSUPPORTED: _plain(errors.ProtocolFault),
    wire.INVALID_RESULT: _plain(errors.InvalidResult),
    wire.VERSION_MISMATCH: _plain(errors.ProtocolFault),
    wire.LOAD_FAULT: _plain(errors.ProtocolFault),
    # These speak of another plugin, which the one that was called had called.
    wire.PLUGIN_NOT_FOUND: _as_plugin_error,
    wire.NOT_ACTIVE: _as_plugin_error,
    wire.QUARANTINED: _as_plugin_error,
    wire.PLUGIN_DIED: _as_plugin_error,
    wire.PROTOCOL_FAULT: _plain(errors.ProtocolFault),
    wire.STREAM_OVERRUN: _plain(errors.StreamOverrun),
    wire.RATE_LIMITED: _plain(errors.RateLimited),
    wire.CONTRIBUTION_NOT_FOUND: _contribution_not_found,
    wire.DUPLICATE_CONTRIBUTION: _plain(errors.DuplicateContribution),
    wire.QUOTA_EXCEEDED: _plain(errors.QuotaExceeded),
    wire.CONFLICT: _plain(errors.Conflict),
    wire.DISK_FULL: _plain(errors.DiskFull),
    wire.DATABASE_FAULT: _plain(errors.DatabaseFault),
    wire.HOOK_CYCLE: _plain(errors.HookCycle),
    wire.INVALID_CONFIGURATION: _as_plugin_error,
    wire.CONFIGURATION_REFUSED: _as_plugin_error,
    wire.CALL_CYCLE: _plain(errors.CallCycle),
    wire.CALL_DEPTH: _plain(errors.CallDepth),
    wire.NOT_CONFIGURED: _plain(errors.NotConfigured),
    wire.DELIVERY_FAILED: _plain(errors.DeliveryFailed),
    wire.DISABLED: _as_plugin_error,
}


def from_wire(exc: RpcError, plugin: str, method: str) -> PlughostError:
    """Return the error that a caller of `plugin.method` gets for this answer."""
    # Before anything is cut: a secret that lies across the cut is whole here.
    exc.message, exc.data = known.cleared(exc.message), known.cleared_value(exc.data)
    return _FROM_WIRE.get(exc.code, _as_plugin_error)(plugin, method, exc)


def to_wire(exc: BaseException, method: str) -> ErrorObject:
    """Return the answer that a plugin gets for this error; of an unexpected one, only an incident id."""
    if isinstance(exc, RpcError):
        return exc.to_object()
    if isinstance(exc, errors.PluginError):
        return ErrorObject(exc.rpc_code, exc.message, exc.detail)
    if isinstance(exc, PlughostError):
        data = {key: value for key, value in exc.as_json().items() if key != "message"}
        return ErrorObject(exc.wire_code, exc.message, data)
    incident = new_incident_id()
    logger.error("%s failed unexpectedly", method, exc_info=exc, extra={"fields": {"incident": incident}})
    return ErrorObject(
        wire.INTERNAL_ERROR, f"{method} failed unexpectedly; incident {incident}", {"incident": incident}
    )
