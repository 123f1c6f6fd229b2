"""LogFolder: a log file for each plugin, `logs/<id>.log` in the data folder, bounded in size and number.

Owns where they lie. Blocks: the recorder's writer calls it in a worker thread.
"""

from dataclasses import dataclass
from pathlib import Path

from host.observe import log_entry
from host.observe.log_entry import LogEntry
from host.state.rotating_file import RotatingFile, remove_rotated


@dataclass(frozen=True, slots=True)
class LogFiles:
    """How much is kept of one plugin's log."""

    file_bytes: int = 10 * 1024 * 1024
    """Size at which a file makes way for the next one."""
    files: int = 3
    """The present one included; 0 for none."""


class LogFolder:
    """The log files of one data folder."""

    def __init__(self, data_folder: Path, log_files: LogFiles) -> None:
        self._folder = data_folder / "logs"
        self._log_files = log_files
        self._files: dict[str, RotatingFile] = {}

    def path(self, plugin: str) -> Path:
        """Return where a plugin's log is."""
        return self._folder / f"{plugin}.log"

    def write(self, plugin: str, lines: list[LogEntry]) -> None:
        """Append lines. Raises OSError, and then none of them is there."""
        file = self._files.get(plugin)
        if file is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = self._files[plugin] = RotatingFile(
                self.path(plugin), files=self._log_files.files, most_bytes=self._log_files.file_bytes
            )
        file.append(log_entry.encode(lines))

    def forget(self, plugin: str) -> int:
        """Remove a plugin's log files; return how many there were. Raises OSError."""
        self._files.pop(plugin, None)
        return remove_rotated(self.path(plugin), self._log_files.files)
