"""Workspace: a folder in which plugins are written: where they lie, what is not checked in, how tests run."""

from pathlib import Path
from typing import Final

from host.devtools.refused import Refused

PLUGINS: Final = "plugins"
SETTINGS: Final = "plughost.toml"

_FILES: Final = {
    SETTINGS: """\
# Settings of the host that `plughost run` starts here; `plughost config host` shows all of them.
plugins = ["plugins"]
data = ".plughost"

[log]
level = "info"
""",
    f"{PLUGINS}/.gitkeep": "",
    ".gitignore": """\
.plughost/
.venv/
__pycache__/
*.pyc
.pytest_cache/
.coverage*
*.zip
""",
    "pytest.ini": """\
[pytest]
testpaths = plugins
addopts = --import-mode=importlib
""",
}
"""What a workspace has, by name."""


def init(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Make a folder into a workspace; return the files that were written, and those that were there and stay.

    Raises:
        Refused: It can't be written.
    """
    written: list[str] = []
    kept: list[str] = []
    try:
        for name, text in _FILES.items():
            file = folder / name
            if file.exists() or (file.name == ".gitkeep" and file.parent.exists()):
                kept.append(name)
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.append(name)
    except OSError as exc:
        raise Refused(f"{folder}: can't be made a workspace: {exc.strerror}") from None
    return tuple(written), tuple(kept)


def plugins_folder(folder: Path) -> Path:
    """Return where a new plugin belongs: below `plugins` in a workspace, else the folder itself."""
    is_workspace = (folder / SETTINGS).is_file() and (folder / PLUGINS).is_dir()
    return folder / PLUGINS if is_workspace else folder
