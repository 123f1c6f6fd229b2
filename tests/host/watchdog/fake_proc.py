"""A process folder that tests fill themselves, for what real processes can't be made to do at will."""

import itertools
from pathlib import Path

FIELDS = 50


class FakeProc:
    """Numbered folders with the files that the proc reader reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = itertools.count()
        (folder / "self").mkdir()
        (folder / "meminfo").touch()

    def put(self, pid: int, parent: int, *, started: int = 7, **figures: int) -> None:
        """Have a process there, or let it say something else: the kernel's number for it stays."""
        folder = self.folder / str(pid)
        folder.mkdir(exist_ok=True)
        _fill(folder, pid, parent, started, figures)

    def pass_on(self, pid: int, parent: int, *, started: int = 8, **figures: int) -> None:
        """Give a number to another process."""
        folder = self.folder / f"new {next(self._names)}"
        folder.mkdir()
        _fill(folder, pid, parent, started, figures)
        self.take_away(pid)
        folder.rename(self.folder / str(pid))

    def take_away(self, pid: int) -> None:
        """End a process; its folder is kept under another name, so that its inode is not used again."""
        (self.folder / str(pid)).rename(self.folder / f"old {next(self._names)}")


def _fill(folder: Path, pid: int, parent: int, started: int, figures: dict[str, int]) -> None:
    fields = ["S", str(parent), *["0"] * (FIELDS - 2)]
    fields[11] = str(figures.get("ticks", 0))
    fields[17] = "1"
    fields[19] = str(started)
    (folder / "stat").write_text(f"{pid} (a) b (c) {' '.join(fields)}\n")
    (folder / "statm").write_text(f"9 {figures.get('pages', 3)} 1 1 0 1 0\n")
    (folder / "io").write_text(
        f"rchar: 1\nwrite_bytes: {figures.get('written', 0)}\ncancelled_write_bytes: 0\n"
    )
    (folder / "smaps_rollup").write_text("0-1 ---p 0 0:0 0 [rollup]\nRss: 9 kB\nPss: 4 kB\nPss_Dirty: 1 kB\n")
    (folder / "fd").mkdir(exist_ok=True)
    for number in range(figures.get("descriptors", 0)):
        (folder / "fd" / str(number)).touch()
