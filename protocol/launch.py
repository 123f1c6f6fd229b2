"""How a host has processes started: the launch specification, and what host and warden say to each other.

The specification is JSON in a file that only the new process reads, so that the warden never sees a
plugin's environment. `plugin_sdk.runtime.confine` reads it with the standard library alone.
"""

import msgspec

SESSION_MARK = "PLUGHOST_SESSION"
"""Environment variable that marks every process of a session, however far it moved away."""

PLUGIN_MARK = "PLUGHOST_PLUGIN_ID"
"""Environment variable with the plugin's id."""

SHELF = "PLUGHOST_SDK"
"""Environment variable with the folder that a Python plugin has in place of its host's packages."""

DEBUG = "PLUGHOST_DEBUG"
"""Environment variable with the `host:port` at which a Python plugin waits for a debugger."""

DEBUGGER = "PLUGHOST_DEBUGGER"
"""Environment variable with the folder of the package debugpy."""


MARK_ROOM = "." * 256
"""What a warden carries as its own session's mark: room for what is shown of the plugins forked from it."""

NAME_ROOM = "." * 96
"""The warden's last argument: room for the names of the plugins forked from it."""


class LaunchSpec(msgspec.Struct, frozen=True):
    """One process, completely."""

    argv: tuple[str, ...]
    """`argv[0]` is an absolute path."""
    environment: dict[str, str]
    folder: str
    """Working folder."""
    rlimits: dict[str, int]
    """Limit name (`NOFILE`) to its soft and hard value."""
    oom_score_adj: int = 0
    umask: int = 0o077
    parent: int = 0
    """If not 0: the pid that must be the parent, whose end ends the process (Linux). A warden knows it."""
    forked: tuple[str, ...] = ()
    """Arguments of `plugin_sdk.runtime.run` where a child of the warden runs it in place of `argv`."""


class Spawn(msgspec.Struct, frozen=True, tag="spawn"):
    """Start a process; with it come stdin, stdout, stderr and the specification, as descriptors."""

    session: str
    fork: bool = False
    """Whether it goes on in the warden's image; where that could not be loaded, `argv` is executed."""


class Signal(msgspec.Struct, frozen=True, tag="signal"):
    """Signal a session's process, or its whole group; nothing happens if it has ended."""

    session: str
    number: int
    group: bool


class Known(msgspec.Struct, frozen=True, array_like=True):
    """A process that the host saw in a session's tree."""

    pid: int
    started_s: float
    """Seconds since the epoch at which it started."""


class Sweep(msgspec.Struct, frozen=True, tag="sweep"):
    """Kill what is left of an ended session's descendants."""

    session: str
    known: tuple[Known, ...] = ()


class Started(msgspec.Struct, frozen=True, tag="started"):
    """The process runs."""

    session: str
    pid: int


class SpawnFailed(msgspec.Struct, frozen=True, tag="spawn_failed"):
    """There is no process."""

    session: str
    reason: str


class NotLoaded(msgspec.Struct, frozen=True, tag="not_loaded"):
    """The image for plugins could not be loaded: all are executed instead. Said once."""

    reason: str


class Exited(msgspec.Struct, frozen=True, tag="exited"):
    """The process ended, and so did its group."""

    session: str
    status: int
    """As `os.waitstatus_to_exitcode`: an exit code, or a negative signal number."""
    peak_rss_bytes: int
    cpu_s: float


class Swept(msgspec.Struct, frozen=True, tag="swept"):
    """Nothing of the session is left but `survivors`."""

    session: str
    killed: int
    survivors: tuple[int, ...]


ToWarden = Spawn | Signal | Sweep
FromWarden = Started | SpawnFailed | NotLoaded | Exited | Swept
