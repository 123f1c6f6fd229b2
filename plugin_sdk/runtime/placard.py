"""Placard: the name and the mark under which others find a forked process.

/proc/PID/cmdline and /proc/PID/environ show memory of the process itself: the area that the kernel filled
when the program was executed. A forked plugin was never executed, so it would be shown as its warden, and
nothing that it forks in its turn could be told from anybody's. The host gives the warden room in that area,
and the forked child writes into it in place; what it forks inherits that, as it would inherit an environment.

Found once, by the warden; written once, by each forked child, after its environment has moved elsewhere.
"""

import ctypes
import os

from plugin_sdk.runtime.processes import stat_of

_SHORTEST = 64
"""Bytes that either part must have; the host leaves far more."""


class Placard:
    """Addresses of the area; the same in every child that is forked."""

    def __init__(self) -> None:
        """Find the area.

        Raises:
            OSError: It is not where the kernel says.
        """
        fields = stat_of(os.getpid())
        arg_start, arg_end, env_start, env_end = (int(field) for field in fields[45:49])
        self._arguments = (arg_start, arg_end - arg_start)
        self._environment = (env_start, env_end - env_start)
        for place, (start, size) in (("cmdline", self._arguments), ("environ", self._environment)):
            with open(f"/proc/self/{place}", "rb") as file:  # noqa: PTH123 - pathlib costs imports here
                shown = file.read()
            if size < _SHORTEST or not start or ctypes.string_at(start, size) != shown:
                raise OSError(f"this process's {place} is not where the kernel says")

    def write(self, name: str, environment: list[str]) -> None:
        """Show `name` as the command line, and these `NAME=value` as the environment.

        What has no room is left out. Nothing may point into the area any more: `os.environ` must have been
        replaced entry by entry before.
        """
        start, size = self._arguments
        # A last byte that is not 0 tells the kernel to show one text up to its end, not a list of arguments.
        text = name.encode(errors="replace")[: size - 2]
        ctypes.memmove(start, text.ljust(size - 1, b"\0") + b"\1", size)
        start, size = self._environment
        shown = b""
        for entry in environment:
            whole = entry.encode(errors="surrogateescape") + b"\0"
            if len(shown) + len(whole) <= size:
                shown += whole
        ctypes.memmove(start, shown.ljust(size, b"\0"), size)
