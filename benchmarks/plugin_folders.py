"""Copies of the measured plugins, as many as a host is to run, in a temporary folder."""

import compileall
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_PLUGINS = Path(__file__).parent / "plugins"


@contextmanager
def plugin_folders(
    count: int, manifest_line: str = "", *, busy: int = 0, kind: str = "echo", name: str = "echo"
) -> Generator[tuple[Path, list[str]]]:
    """Yield a folder of `count` plugins, and their ids; the first `busy` of them can do more than to echo.

    `manifest_line` is the first of each manifest, `name` the beginning of each id.
    """
    with TemporaryDirectory(prefix="plughost-bench-") as folder:
        ids = [f"{name}-{number:04}" for number in range(count)]
        for number, plugin in enumerate(ids):
            which = "busy" if number < busy else kind
            place = Path(folder, plugin)
            place.mkdir()
            shutil.copyfile(_PLUGINS / which / "main.py", place / "main.py")
            manifest = (_PLUGINS / which / "plugin.toml").read_text(encoding="utf-8")
            text = manifest.replace(f'id = "{which}"', f'id = "{plugin}"')
            (place / "plugin.toml").write_text(f"{manifest_line}\n{text}".lstrip(), encoding="utf-8")
        # As an installer does, and as the peers' children are from their first start on.
        compileall.compile_dir(folder, quiet=2)
        yield Path(folder), ids
