"""`@command`: a method that people and programs invoke by name."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, overload

from plugin_sdk.decorators.arguments import checked
from plugin_sdk.marks import Mark, put_mark

_F = TypeVar("_F", bound=Callable[..., Any])


class CommandMark(Mark, frozen=True):
    """What the decorator was told."""

    part: ClassVar[str] = "commands"
    name: str
    description: str


@overload
def command(name: _F, /) -> _F: ...
@overload
def command(name: str | None = None, *, description: str = "") -> Callable[[_F], _F]: ...
@checked('command("sync")', bare=True)
def command(name: Callable[..., Any] | str | None = None, *, description: str = "") -> Any:
    """Offer a method as a command, under its own name or another.

    Its annotations say what parameters it takes; without a description, its docstring's first line is it.
    """

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        text = description or (function.__doc__ or "").strip().partition("\n")[0]
        chosen = name if isinstance(name, str) else None
        return put_mark(function, CommandMark(chosen or function.__name__, text))

    return mark(name) if callable(name) else mark
