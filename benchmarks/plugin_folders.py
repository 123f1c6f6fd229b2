"""Copies of the measured plugin, as many as a host is to run, in a temporary folder."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_TEMPLATE = Path(__file__).parent / "plugins" / "echo"


@contextmanager
def plugin_folders(count: int, manifest_line: str = "") -> Generator[tuple[Path, list[str]]]:
    """Yield a folder of `count` plugins, and their ids. `manifest_line` is the first of each manifest."""
    with TemporaryDirectory(prefix="plughost-bench-") as folder:
        ids = [f"echo-{number:04}" for number in range(count)]
        manifest = (_TEMPLATE / "plugin.toml").read_text(encoding="utf-8")
        for plugin in ids:
            place = Path(folder, plugin)
            place.mkdir()
            shutil.copyfile(_TEMPLATE / "main.py", place / "main.py")
            text = manifest.replace('id = "echo"', f'id = "{plugin}"')
            (place / "plugin.toml").write_text(f"{manifest_line}\n{text}".lstrip(), encoding="utf-8")
        yield Path(folder), ids
