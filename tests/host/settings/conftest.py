"""Where settings are read in tests: a working folder and a home that hold nothing but what was written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from host.errors import SettingsError
from host.settings import Settings, load_settings


class Place:
    """An empty working folder and home, and what is read there."""

    def __init__(self, root: Path) -> None:
        self.here = root / "here"
        self.home = root / "home"
        self.here.mkdir()
        self.home.mkdir()

    def write(self, text: str, path: Path | None = None) -> Path:
        path = path or self.here / "plughost.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def load(
        self, path: Path | None = None, environ: Mapping[str, str] | None = None, **overrides: Any
    ) -> Settings:
        given = {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "conf"), **(environ or {})}
        return load_settings(path, environ=given, overrides=overrides, cwd=self.here)

    def faults(
        self, text: str = "", environ: Mapping[str, str] | None = None, **overrides: Any
    ) -> list[dict[str, str]]:
        self.write(text)
        with pytest.raises(SettingsError) as caught:
            self.load(None, environ, **overrides)
        return caught.value.data["faults"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr("sys.platform", "linux")
    return Place(tmp_path)
