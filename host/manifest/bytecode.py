"""Bytecode that Python would take for what is in a file, and is not: dropped before a package is run anew.

Python compares a file's time in whole seconds, and its size. A file that was edited twice within one second
may fit both, and what ran before would run again.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

MAX_FILES: Final = 20_000
"""Python files of one package that are looked at."""


def drop_stale_bytecode(folder: Path) -> None:
    """Drop what was compiled before the file it stands for was last written; blocks, and raises nothing."""
    seen = 0
    for place, folders, files in os.walk(folder):
        if "__pycache__" not in folders:
            folders[:] = [one for one in folders if not one.startswith(".")]
            continue
        folders[:] = [one for one in folders if not one.startswith(".") and one != "__pycache__"]
        sources = {name[:-3]: name for name in files if name.endswith(".py")}
        seen += len(sources)
        if seen > MAX_FILES:
            return
        with suppress(OSError):
            for cached in os.scandir(Path(place) / "__pycache__"):
                source = sources.get(cached.name.partition(".")[0])
                if source is None or not cached.name.endswith(".pyc"):
                    continue
                with suppress(OSError):
                    written_ns = (Path(place) / source).stat().st_mtime_ns
                    if cached.stat().st_mtime_ns <= written_ns:
                        Path(cached.path).unlink()
