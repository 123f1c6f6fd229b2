"""What the command's exit code says, and which error leads to which."""

from enum import IntEnum

from host import errors


class ExitCode(IntEnum):
    """Exit codes of `plughost`; scripts may rely on them."""

    OK = 0
    PLUGIN_ERROR = 1
    USAGE = 2
    BAD_INPUT_FILE = 3
    """A manifest or settings that can't be used."""
    NOT_FOUND = 4
    DENIED = 5
    NO_HOST = 6
    NOT_ACTIVE = 7
    """Not active, disabled, busy or in quarantine."""
    PROTOCOL = 8
    DEADLINE = 124
    INTERRUPTED = 130


_BY_CLASS: tuple[tuple[type[errors.PlughostError], ExitCode], ...] = (
    (errors.ManifestError, ExitCode.BAD_INPUT_FILE),
    (errors.SettingsError, ExitCode.BAD_INPUT_FILE),
    (errors.PluginNotFound, ExitCode.NOT_FOUND),
    (errors.MethodNotFound, ExitCode.NOT_FOUND),
    (errors.ContributionNotFound, ExitCode.NOT_FOUND),
    (errors.InvalidParams, ExitCode.USAGE),
    (errors.WrongShape, ExitCode.USAGE),
    (errors.DuplicateApi, ExitCode.USAGE),
    (errors.DuplicateContribution, ExitCode.USAGE),
    (errors.UnsupportedPlatform, ExitCode.USAGE),
    (errors.Denied, ExitCode.DENIED),
    (errors.ConsentRequired, ExitCode.DENIED),
    (errors.NoHost, ExitCode.NO_HOST),
    (errors.HostClosed, ExitCode.NO_HOST),
    (errors.AlreadyRunning, ExitCode.NO_HOST),
    (errors.LoadFailed, ExitCode.PLUGIN_ERROR),
    (errors.StateError, ExitCode.NOT_ACTIVE),
    (errors.DeadlineExceeded, ExitCode.DEADLINE),
    (errors.Cancelled, ExitCode.INTERRUPTED),
    (errors.FrameTooLarge, ExitCode.PROTOCOL),
    (errors.ProtocolFault, ExitCode.PROTOCOL),
    (errors.StreamOverrun, ExitCode.PROTOCOL),
    (errors.PlughostError, ExitCode.PLUGIN_ERROR),
)


def exit_code(error: errors.PlughostError) -> ExitCode:
    """Return the exit code for an error: that of the first class in the table that it belongs to."""
    return next(code for cls, code in _BY_CLASS if isinstance(error, cls))
