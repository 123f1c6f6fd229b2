"""`plugin.hook`: a plugin is asked whether something may happen, before it does."""

from typing import Any, Literal

import msgspec

VerdictWord = Literal["allow", "deny", "replace"]


class HookCall(msgspec.Struct, frozen=True):
    """Parameters of `plugin.hook`."""

    handler: str
    hook: str
    value: msgspec.Raw
    """What it is about; as the handlers before left it."""


class HookAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one handler says."""

    verdict: VerdictWord = "allow"
    reason: str = ""
    """Of a denial, in a sentence."""
    value: Any = None
    """What goes on instead, if the verdict is `replace`."""
    data: dict[str, Any] | None = None
    """Details, for whoever asked."""


class HookAnswerRaw(msgspec.Struct, frozen=True):
    """The same as the host reads it: the value stays text until somebody needs it."""

    verdict: VerdictWord = "allow"
    reason: str = ""
    value: msgspec.Raw = msgspec.Raw(b"null")
    data: dict[str, Any] | None = None
