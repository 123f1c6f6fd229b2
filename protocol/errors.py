"""Error codes of the wire and the one exception that carries them.

The codes -32768 to -32000 are JSON-RPC's own; of these, -32099 to -32000 are ours. A code outside that
range is an application's.

    RpcError            an error answer, to be sent or received
        PluginError     what a plugin's author raises on purpose; crosses the pipe intact
"""

from typing import Any, Final, cast

import msgspec

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603

PLUGIN_ERROR: Final = -32000
DEADLINE_EXCEEDED: Final = -32001
CANCELLED: Final = -32002
OVERLOADED: Final = -32003
DENIED: Final = -32004
WRONG_SHAPE: Final = -32005
FRAME_TOO_LARGE: Final = -32006
BATCH_UNSUPPORTED: Final = -32007
INVALID_RESULT: Final = -32008
VERSION_MISMATCH: Final = -32009
LOAD_FAULT: Final = -32010
PLUGIN_NOT_FOUND: Final = -32011
NOT_ACTIVE: Final = -32012
QUARANTINED: Final = -32013
PLUGIN_DIED: Final = -32014
PROTOCOL_FAULT: Final = -32015
STREAM_OVERRUN: Final = -32016
DISABLED: Final = -32017
CONTRIBUTION_NOT_FOUND: Final = -32040
DUPLICATE_CONTRIBUTION: Final = -32041
RATE_LIMITED: Final = -32018
QUOTA_EXCEEDED: Final = -32020
CONFLICT: Final = -32021
DISK_FULL: Final = -32022
DATABASE_FAULT: Final = -32023
HOOK_CYCLE: Final = -32030
INVALID_CONFIGURATION: Final = -32035
CONFIGURATION_REFUSED: Final = -32036
CALL_CYCLE: Final = -32037
CALL_DEPTH: Final = -32038
NOT_CONFIGURED: Final = -32045
DELIVERY_FAILED: Final = -32046

NAMES: Final[dict[int, str]] = {
    PARSE_ERROR: "parse_error",
    INVALID_REQUEST: "invalid_request",
    METHOD_NOT_FOUND: "method_not_found",
    INVALID_PARAMS: "invalid_params",
    INTERNAL_ERROR: "internal_error",
    PLUGIN_ERROR: "plugin_error",
    DEADLINE_EXCEEDED: "deadline_exceeded",
    CANCELLED: "cancelled",
    OVERLOADED: "overloaded",
    DENIED: "denied",
    WRONG_SHAPE: "wrong_shape",
    FRAME_TOO_LARGE: "frame_too_large",
    BATCH_UNSUPPORTED: "batch_unsupported",
    INVALID_RESULT: "invalid_result",
    VERSION_MISMATCH: "version_mismatch",
    LOAD_FAULT: "load_fault",
    PLUGIN_NOT_FOUND: "plugin_not_found",
    NOT_ACTIVE: "not_active",
    QUARANTINED: "quarantined",
    PLUGIN_DIED: "plugin_died",
    PROTOCOL_FAULT: "protocol_fault",
    STREAM_OVERRUN: "stream_overrun",
    DISABLED: "disabled",
    CONTRIBUTION_NOT_FOUND: "contribution_not_found",
    DUPLICATE_CONTRIBUTION: "duplicate_contribution",
    RATE_LIMITED: "rate_limited",
    QUOTA_EXCEEDED: "quota_exceeded",
    CONFLICT: "conflict",
    DISK_FULL: "disk_full",
    DATABASE_FAULT: "database_fault",
    HOOK_CYCLE: "hook_cycle",
    INVALID_CONFIGURATION: "invalid_configuration",
    CONFIGURATION_REFUSED: "configuration_refused",
    CALL_CYCLE: "call_cycle",
    CALL_DEPTH: "call_depth",
    NOT_CONFIGURED: "not_configured",
    DELIVERY_FAILED: "delivery_failed",
}
"""Stable name of every code; the name is what documentation and logs use."""


class ErrorObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """The `error` member of a response."""

    code: int
    message: str
    data: Any = None


class RpcError(Exception):
    """An error answer: a code, one sentence, and typed data that JSON can express."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def __str__(self) -> str:
        """Return the message and, where the host gave one, the remedy as one text."""
        data: object = self.data
        remedy = cast("dict[str, object]", data).get("remedy") if isinstance(data, dict) else None
        if not isinstance(remedy, str) or not remedy or remedy in self.message:
            return self.message
        separator = "\n" if "\n" in self.message else "; "
        return f"{self.message.removesuffix('.')}{separator}{remedy}"

    @property
    def name(self) -> str:
        """The code's stable name, or `application_error` for a code that is not ours."""
        return NAMES.get(self.code, "application_error")

    def to_object(self) -> ErrorObject:
        """Return the wire form."""
        return ErrorObject(self.code, self.message, self.data)


class PluginError(RpcError):
    """Raised by a plugin's author to fail a call on purpose; message and data reach the caller intact."""

    def __init__(self, message: str, data: Any = None, *, code: int = PLUGIN_ERROR) -> None:
        super().__init__(code, message, data)
