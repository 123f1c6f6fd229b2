"""A plugin in a folder, as the tools for authors find it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from host.devtools.code_check import check_code
from host.devtools.findings import Finding
from host.manifest import read_package

Check = Callable[..., list[Finding]]

HEAD = "from plugin_sdk import Plugin, command, endpoint, every, hook, method, on\n"


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Write a plugin and return what is found in its code."""

    def look(source: str, manifest: str = "", **files: str) -> list[Finding]:
        (tmp_path / "plugin.toml").write_text(f'id = "sample"\nversion = "1.0.0"\n{manifest}')
        (tmp_path / "main.py").write_text(source)
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        return list(check_code(read_package(tmp_path)))

    return look
