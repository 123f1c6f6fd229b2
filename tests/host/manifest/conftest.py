"""Plugin folders for the manifest's tests: written as text, read by the real reader."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host.errors import Fault, ManifestError
from host.manifest import read_package
from protocol.manifest import Manifest

HEAD = 'id = "reports"\nversion = "1.2.0"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A plugin folder with a `main.py` and no manifest yet."""
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "main.py").touch()
    return folder


@pytest.fixture
def read_toml(folder: Path) -> Callable[[str], Manifest]:
    """Read a plugin.toml that has an id and a version already."""

    def read(text: str) -> Manifest:
        (folder / "plugin.toml").write_text(HEAD + text)
        return read_package(folder).manifest

    return read


@pytest.fixture
def read_json(folder: Path) -> Callable[..., Manifest]:
    """Read a manifest.json, or the file named, that has a name and a version already."""

    def read(document: dict[str, Any], name: str = "manifest.json") -> Manifest:
        (folder / name).write_text(json.dumps({"name": "reports", "version": "1.2.0"} | document))
        return read_package(folder).manifest

    return read


@pytest.fixture
def toml_faults(read_toml: Callable[[str], Manifest]) -> Callable[[str], dict[str, Fault]]:
    """Return a plugin.toml's faults by their path."""

    def faults(text: str) -> dict[str, Fault]:
        with pytest.raises(ManifestError) as caught:
            read_toml(text)
        return {fault.path: fault for fault in caught.value.faults}

    return faults


@pytest.fixture
def json_faults(read_json: Callable[..., Manifest]) -> Callable[..., dict[str, Fault]]:
    """Return a manifest.json's faults, or those of the file named, by their path."""

    def faults(document: dict[str, Any], name: str = "manifest.json") -> dict[str, Fault]:
        with pytest.raises(ManifestError) as caught:
            read_json(document, name)
        return {fault.path: fault for fault in caught.value.faults}

    return faults
