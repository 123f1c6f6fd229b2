"""`@endpoint`: a method that answers HTTP requests."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

from plugin_sdk.decorators.arguments import checked
from plugin_sdk.marks import Mark, put_mark

_F = TypeVar("_F", bound=Callable[..., Any])


class EndpointMark(Mark, frozen=True):
    """What the decorator was told."""

    part: ClassVar[str] = "endpoints"
    method: str
    path: str
    permissions: tuple[str, ...]


@checked('endpoint("GET", "/items")')
def endpoint(method: str, path: str, *, permissions: Sequence[str] = ()) -> Callable[[_F], _F]:
    """Answer requests of a method and a path, such as `/items/{id}`.

    A path that begins with `/api/` is meant as it stands; any other lies below `/api/plugins/<id>/`.
    `permissions` are what the caller must hold.
    """
    return lambda function: put_mark(function, EndpointMark(method.upper(), path, tuple(permissions)))
