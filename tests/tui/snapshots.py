"""Snapshots: pictures of screens as SVG, compared with those that are kept in `snapshots/`.

`PLUGHOST_SNAPSHOTS=write` in the environment writes them anew; look at them before they are committed.
"""

import os
import re
from difflib import unified_diff
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"


def normal(svg: str) -> str:
    """Return a picture without what differs from run to run: the number in its names."""
    return re.sub(r"terminal-\d+", "terminal", svg)


def compare(name: str, svg: str) -> None:
    """Hold a picture against the kept one."""
    file = FOLDER / f"{name}.svg"
    shown = normal(svg)
    if os.environ.get("PLUGHOST_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        file.write_text(shown)
        return
    assert file.exists(), f"{file.name} is not there; write it with PLUGHOST_SNAPSHOTS=write and look at it"
    kept = file.read_text()
    if shown != kept:
        changed = "\n".join(unified_diff(_texts(kept), _texts(shown), "kept", "shown", lineterm="", n=0))
        raise AssertionError(f"{file.name} looks different:\n{changed or 'in its colours alone'}")


def _texts(svg: str) -> list[str]:
    """Return what a picture says, line by line."""
    lines: dict[float, list[tuple[float, str]]] = {}
    for x, y, text in re.findall(r'<text class="[^"]*" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>', svg):
        lines.setdefault(float(y), []).append((float(x), text.replace("&#160;", " ")))
    return ["".join(text for _, text in sorted(parts)) for _, parts in sorted(lines.items())]
