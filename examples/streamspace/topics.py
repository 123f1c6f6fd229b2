"""Topics: the events that this service emits, what their data hold, and who may hear of them."""

from typing import Any, Final

from host import PluginHost

_TEXT: Final = {"type": "string"}
_SESSION: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "user", "template", "state"],
    "properties": {"id": _TEXT, "user": _TEXT, "template": _TEXT, "state": _TEXT},
}
_USER: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "username", "full_name", "email"],
    "properties": {"id": _TEXT, "username": _TEXT, "full_name": _TEXT, "email": _TEXT},
}
SESSION_TOPICS: Final = {
    "session.created": "A session was created; it may not run yet",
    "session.started": "A session runs",
    "session.stopped": "A session was stopped",
    "session.hibernated": "A session was hibernated after inactivity",
    "session.woken": "A hibernated session runs again",
    "session.deleted": "A session was deleted",
}
USER_TOPICS: Final = {
    "user.created": "Somebody joined",
    "user.updated": "Something about a user changed",
    "user.deleted": "A user was deleted",
    "user.login": "A user logged in",
    "user.logout": "A user logged out",
}


def declare(host: PluginHost) -> None:
    """Declare all of them: data that do not fit are refused, and hearing of them needs the permission."""
    for topic, description in SESSION_TOPICS.items():
        host.events.declare(topic, schema=_SESSION, permission="sessions:read", description=description)
    for topic, description in USER_TOPICS.items():
        host.events.declare(topic, schema=_USER, permission="users:read", description=description)
