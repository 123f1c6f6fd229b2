"""Whatever stands in a manifest, the reader gives a package or a ManifestError, and nothing else."""

import json
import tempfile
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.errors import ManifestError
from host.manifest import Package, read_package
from host.manifest.manifest_json_form import ManifestJsonForm
from host.manifest.toml_form import TomlForm

KEYS = sorted(
    {
        field.alias or name
        for form in (TomlForm, ManifestJsonForm)
        for name, field in form.model_fields.items()
    }
    | {"app_version", "plughost_version", "image", "model_config", "(list)", "[key]", ""}
)
WORDS = st.sampled_from(
    [
        "main",
        "main.py",
        "main:Plugin",
        "plugins",
        "packages",
        "resource",
        "actions",
        "memory",
        "cpu",
        "on_cpu",
        "^1.0",
        ">=1",
        "512m",
        "1000m",
        "sh",
        "read:users",
        "index.js",
        "(map)",
        "__class__",
        "theme",
    ]
)
TEXTS = WORDS | st.text(max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)
HEAD: dict[str, Any] = {"id": "reports", "version": "1"}


def read_text(name: str, text: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "main.py").touch()
        (folder / name).write_text(text, encoding="utf-8", errors="surrogatepass")
        outcome = read_outcome(folder)
    if isinstance(outcome, Package):
        assert outcome.manifest.id
        assert json.dumps(outcome.manifest.config_schema, allow_nan=False).encode()
    else:
        assert outcome.faults
        for fault in outcome.faults:
            assert fault.allowed
            assert len(fault.found) <= 200
            assert f"{fault.path}{fault.found}".isprintable()


def read_outcome(folder: Path) -> Package | ManifestError:
    try:
        return read_package(folder)
    except ManifestError as error:
        return error


def as_toml(value: object) -> str:
    """Return a value in TOML; null, which TOML lacks, becomes a text."""
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return "{" + ", ".join(f"{json.dumps(key)} = {as_toml(item)}" for key, item in items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(item) for item in cast("list[object]", value)) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps("null" if value is None else value)


@pytest.mark.parametrize("name", ["plugin.json", "manifest.json"])
@settings(deadline=None)
@given(DOCUMENTS)
def test_any_json_value_in_any_key(name: str, document: dict[str, Any]):
    read_text(name, json.dumps(HEAD | document))


@settings(deadline=None)
@given(DOCUMENTS)
def test_any_toml_value_in_any_key(document: dict[str, Any]):
    text = "".join(f"{json.dumps(key)} = {as_toml(value)}\n" for key, value in (HEAD | document).items())
    read_text("plugin.toml", text)


@pytest.mark.parametrize("name", ["plugin.json", "plugin.toml"])
@settings(deadline=None)
@given(
    st.text(st.characters(), max_size=60) | st.sampled_from(["[" * 9999, '{"a":' * 9999, "a = " + "[" * 9999])
)
def test_any_text(name: str, text: str):
    read_text(name, text)
