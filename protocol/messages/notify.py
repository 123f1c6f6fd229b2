"""`notify.*`: notifications to people, which the embedding application shows."""

from typing import Literal

import msgspec

NotificationType = Literal["info", "success", "warning", "error"]


class Action(msgspec.Struct, frozen=True):
    """Something to click on."""

    label: str
    url: str
    """Absolute with http or https, or a path of the application that begins with `/`."""


class NotifyAll(msgspec.Struct, frozen=True, omit_defaults=True):
    """Parameters of `notify.all` and `notify.admins`."""

    title: str
    message: str
    type: NotificationType = "info"
    actions: tuple[Action, ...] = ()
    dismissible: bool = True
    timeout: int | None = None
    """Milliseconds until it goes by itself; None: it stays."""


class NotifyUser(msgspec.Struct, frozen=True, omit_defaults=True):
    """Parameters of `notify.user`."""

    user: str
    title: str
    message: str
    type: NotificationType = "info"
    actions: tuple[Action, ...] = ()
    dismissible: bool = True
    timeout: int | None = None


class Notified(msgspec.Struct, frozen=True):
    """What became of a notification."""

    id: str
    delivered: int
    """How many of the application's handlers took it; 0 where it has none, then the host's log has it."""
