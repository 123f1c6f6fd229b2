"""`@hook`: a method that is asked whether something may happen, before it does."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, TypeVar

from plugin_sdk.decorators.arguments import checked
from plugin_sdk.marks import Mark, put_mark

_F = TypeVar("_F", bound=Callable[..., Any])


class HookMark(Mark, frozen=True):
    """What the decorator was told."""

    part: ClassVar[str] = "hooks"
    hook: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    budget_s: float | None
    fail: Literal["open", "closed"] | None


@checked('hook("message.before_send")')
def hook(
    name: str,
    *,
    before: str | Sequence[str] = (),
    after: str | Sequence[str] = (),
    budget_s: float | None = None,
    fail: Literal["open", "closed"] | None = None,
) -> Callable[[_F], _F]:
    """Take part in a hook's chain with a method of one parameter, the value.

    Args:
        name: The hook's, such as `message.before_send`.
        before: Ids of plugins whose handlers come later.
        after: Ids of plugins whose handlers come earlier.
        budget_s: Longest time for an answer; without it, what the application set, or 1 s.
        fail: What counts where no answer comes: `open` goes on without it, `closed` forbids. Without it, what
            the application set, or `open`.
    """

    def mark(function: _F) -> _F:
        return put_mark(function, HookMark(name, _ids(before), _ids(after), budget_s, fail))

    return mark


def _ids(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
