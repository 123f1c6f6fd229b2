"""The one place where errors cross the control socket, as the very classes of `host.errors`.

An error on the wire bears the error's own code, message, remedy and data in `data`; of one that nobody
expected, only an incident id that the host's log explains.
"""

import inspect
import logging
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from host import errors
from host.base_error import Fault, PlughostError
from host.control.wire import encode
from host.ids import new_incident_id
from protocol import errors as wire
from protocol.errors import ErrorObject, RpcError

logger = logging.getLogger(__name__)

_CLASSES: Final[Mapping[str, type[PlughostError]]] = {
    cls.code: cls
    for cls in vars(errors).values()
    if inspect.isclass(cls) and issubclass(cls, PlughostError) and "code" in vars(cls)
}
_BY_WIRE_CODE: Final[Mapping[int, type[PlughostError]]] = {
    wire.PARSE_ERROR: errors.ProtocolFault,
    wire.INVALID_REQUEST: errors.ProtocolFault,
    wire.METHOD_NOT_FOUND: errors.MethodNotFound,
    wire.INVALID_PARAMS: errors.InvalidParams,
    wire.OVERLOADED: errors.Overloaded,
    wire.DENIED: errors.Denied,
}
"""For errors of a host that does not say their own code."""


def to_wire(exc: BaseException, method: str) -> ErrorObject:
    """Return the answer that a client gets for this error."""
    if isinstance(exc, RpcError):
        if exc.code == wire.INVALID_PARAMS and "code" not in _data(exc.data):
            # Of the check of parameters; it has no class yet.
            refused = errors.InvalidParams(f"{method}: {exc.message}", **_data(exc.data))
            return ErrorObject(exc.code, refused.message, refused.as_json())
        return exc.to_object()
    if isinstance(exc, PlughostError):
        return ErrorObject(exc.wire_code, exc.message, _plain(exc.as_json()))
    incident = new_incident_id()
    logger.error("%s failed unexpectedly", method, exc_info=exc, extra={"fields": {"incident": incident}})
    return incident_of(method, incident)


def incident_of(method: str, incident: str) -> ErrorObject:
    """Return the answer for an error that nobody expected; the log has its id already."""
    unexpected = PlughostError(
        f"{method} failed unexpectedly; incident {incident}",
        remedy="look the incident id up in the host's log",
        incident=incident,
    )
    return ErrorObject(wire.INTERNAL_ERROR, unexpected.message, unexpected.as_json())


def from_wire(found: ErrorObject) -> PlughostError:
    """Return the error that the host raised; of a code that is not known here, a PlughostError with it."""
    data = dict(_data(found.data))
    code, message, remedy = data.pop("code", ""), data.pop("message", found.message), data.pop("remedy", "")
    cls = _CLASSES.get(str(code)) if code else _BY_WIRE_CODE.get(found.code)
    exc = cast("PlughostError", (cls or PlughostError).__new__(cls or PlughostError))
    # Each class builds its own message from its own arguments; here all of it has been built already.
    Exception.__init__(exc, message)
    exc.message, exc.remedy, exc.data = str(message), str(remedy), data
    if cls is None and code:
        vars(exc)["code"] = str(code)
    _restore(exc, data)
    return exc


def _restore(exc: PlughostError, data: dict[str, Any]) -> None:
    """Set what some classes keep beside their data."""
    match exc:
        case errors.PluginError():
            exc.detail, exc.rpc_code = data.get("detail"), data.get("rpc_code", wire.PLUGIN_ERROR)
        case errors.HasDependants():
            exc.dependants = tuple(data.get("dependants", ()))
        case errors.ManifestError() | errors.InvalidConfiguration():
            try:
                exc.faults = msgspec.convert(data.pop("faults", ()), tuple[Fault, ...])
            except msgspec.ValidationError:
                exc.faults = ()
        case _:
            pass


def _data(data: Any) -> Mapping[str, Any]:
    return cast("dict[str, Any]", data) if isinstance(data, dict) else {}


def _plain(data: Mapping[str, Any]) -> Any:
    """Return an error's data so that JSON can express it, or only what tells which error it is."""
    try:
        return msgspec.json.decode(encode(data))
    except (TypeError, ValueError, RecursionError, OverflowError):
        return {name: data[name] for name in ("code", "message", "remedy") if name in data}
