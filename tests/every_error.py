"""One error of every class in the host's tree, for tests that hold for all of them."""

import inspect

from host import errors
from host.errors import (
    ConsentRequired,
    ContributionNotFound,
    Fault,
    HasDependants,
    InvalidConfiguration,
    ManifestError,
    MethodNotFound,
    NotForgotten,
    PlughostError,
    PluginNotFound,
    TooFewDescriptors,
)

CLASSES = [cls for cls in vars(errors).values() if inspect.isclass(cls) and issubclass(cls, PlughostError)]


def an_error(cls: type[PlughostError]) -> PlughostError:
    """Return an error of this class."""
    if issubclass(cls, ManifestError):
        return cls("folder", [Fault("plugin.toml", "id", "7", "a text")])
    if issubclass(cls, InvalidConfiguration):
        return cls("one", [Fault("set", "port", "7", "a text")])
    if issubclass(cls, HasDependants):
        return cls("one", ["two"])
    if issubclass(cls, PluginNotFound):
        return cls("one", ["two"])
    if issubclass(cls, ContributionNotFound):
        return cls("command", "synk", ["sync"])
    if issubclass(cls, MethodNotFound):
        return cls("plugin 'one'", "method", ["other"])
    if issubclass(cls, ConsentRequired):
        return cls("one", "2.0.0", ("users:read",), ("users:list",), "1.0.0")
    if issubclass(cls, TooFewDescriptors):
        return cls(4, 80, 30, 256)
    if issubclass(cls, NotForgotten):
        return cls("one", {"storage": 2}, {"files": "permission denied"})
    return cls("what happened")
