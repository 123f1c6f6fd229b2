"""The root of the host's errors: what each of them carries. The tree is drawn in `host.errors`."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec

from host.masking import known
from protocol import errors as wire


class PlughostError(Exception):
    """What happened, to whom, why; and what to do next."""

    code: ClassVar[str] = "plughost_error"
    wire_code: ClassVar[int] = wire.INTERNAL_ERROR
    """The JSON-RPC code under which a plugin sees this error."""
    remedy: str = ""

    def __init__(self, message: str, *, remedy: str = "", **data: Any) -> None:
        message = known.cleared(message)
        super().__init__(message)
        self.message = message
        self.remedy = known.cleared(remedy or self.remedy)
        self.data: Mapping[str, Any] = known.cleared_value(data)

    def __str__(self) -> str:
        """Return the message and the remedy as one text."""
        if not self.remedy:
            return self.message
        separator = "\n" if "\n" in self.message else "; "
        # A sentence goes on.
        return f"{self.message.removesuffix('.')}{separator}{self.remedy}"

    def as_json(self) -> dict[str, Any]:
        """Return what a front end prints: code, message, remedy and the error's own data."""
        return {"code": self.code, "message": self.message, "remedy": self.remedy, **self.data}


def did_you_mean(names: Iterable[str]) -> str:
    """Return the end of a sentence that proposes names; empty without any."""
    near = list(names)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def what_is_allowed(allowed: str) -> str:
    """Return the end of a fault's sentence: what is allowed there, or which name was meant."""
    return allowed if allowed.startswith("did you mean ") else f"allowed: {allowed}"


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
        return f"{place}: found {self.found}; {what_is_allowed(self.allowed)}"
