from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import Fault, ManifestError
from host.manifest import read_package
from host.manifest.faults import FaultList
from host.manifest.python_document import parse_python
from protocol.manifest import Manifest
from protocol.permissions import Permission

VALUES = '"name": "my_plugin", "version": "1.0.0", "capabilities": ["exec.my_plugin.action"]'
KEYWORDS = 'name="my_plugin", version="1.0.0", capabilities=["exec.my_plugin.action"]'
FORMS = {
    "a dict called MANIFEST": f"MANIFEST = {{{VALUES}}}",
    "a dict called manifest": f'"""What it is."""\nmanifest: dict = {{{VALUES}}}',
    "a call": f"from store import Manifest\n\nmanifest = Manifest({KEYWORDS})",
    "a call of dict": f"MANIFEST = dict({KEYWORDS})",
    "assignments": "name = 'my_plugin'\nversion: str = '1.0.0'\ncapabilities = ('exec.my_plugin.action',)",
    "a class": "class PluginManifest:\n    name = 'my_plugin'\n    version = '1.0.0'\n"
    "    capabilities = ['exec.my_plugin.action']",
}


def read(folder: Path, text: str) -> Manifest:
    (folder / "manifest.py").write_text(text)
    return read_package(folder).manifest


def faults(folder: Path, text: str) -> list[Fault]:
    with pytest.raises(ManifestError) as caught:
        read(folder, text)
    return list(caught.value.faults)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "my_plugin"
    folder.mkdir()
    (folder / "__init__.py").write_text("from plugin_sdk import Plugin\n\n\nclass Mine(Plugin):\n    pass\n")
    return folder


@pytest.mark.parametrize("form", FORMS)
def test_a_manifest_py_of_each_form_is_read(package: Path, form: str):
    assert read(package, FORMS[form]) == Manifest(
        id="my_plugin",
        version="1.0.0",
        name="my_plugin",
        capabilities=("exec.my_plugin.action",),
        entry_points=("__init__.py",),
    )


def test_it_knows_what_manifest_json_knows(package: Path):
    manifest = read(package, f"MANIFEST = dict({KEYWORDS}, network_access=True, memory_limit='64m')")
    assert manifest.permissions == (Permission("network", "connect"),)
    assert manifest.limits.memory_bytes == 64 * 1024 * 1024


def test_a_manifest_py_is_never_run(package: Path, tmp_path: Path):
    trace = tmp_path / "trace"
    found = faults(package, f"import pathlib\npathlib.Path({str(trace)!r}).touch()\nMANIFEST = {{{VALUES}}}")
    assert not trace.exists()
    assert [fault.path for fault in found] == ["line 2, column 1"]
    assert "never run" in found[0].allowed


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("open('x').read()", "a call"),
        ("f'{1}'", "a text that is put together (f-string)"),
        ("1 + 1", "a calculation"),
        ("NAME", "a name"),
        ("{1, 2}", "a set"),
        ("b'x'", "no literal"),
        ("[x for x in y]", "a comprehension"),
        ("{**other}", "values from elsewhere (**)"),
        ("{1: 2}", "a key that is no text"),
        ("{'a': 1, 'a': 2}", "the key 'a' more than once"),
        ("(lambda: 1)", "a lambda"),
    ],
)
def test_what_is_no_literal_is_a_fault_with_its_line(package: Path, value: str, found: str):
    (fault,) = faults(package, f"MANIFEST = {{\n    {VALUES},\n    'theme': {value},\n}}")
    assert fault.path.startswith("line 3, column ")
    assert fault.found == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f():\n    pass", "a function"),
        ("if True:\n    name = 'x'", "an if"),
        ("for x in y: pass", "a loop"),
        ("name, version = 'a', 'b'", "a statement"),
        ("name = 'a'\nname = 'b'", "'name' more than once"),
        ("MANIFEST = {}\nmanifest = {}", "a second manifest"),
        ("MANIFEST = Manifest('x')", "a value without a name"),
        ("MANIFEST = [1]", "no dict"),
        ("x = (", "'(' was never closed"),
    ],
)
def test_a_statement_that_is_none_of_a_manifest_is_a_fault(package: Path, text: str, found: str):
    assert found in [fault.found for fault in faults(package, text)]


def test_text_that_is_no_python_is_a_fault(package: Path):
    for text in ("(" * 5_000, "\0", "-" * 100_000 + "1"):
        assert faults(package, text)


def test_every_fault_is_told_at_once(package: Path):
    assert len(faults(package, "name = f()\nversion = g()\nimport os\nos.remove('x')")) == 3


@given(st.text(st.sampled_from("MANIFEST= {}[]():,'\n\"a1*.#\\"), max_size=40))
def test_any_text_is_read_or_is_faulty(text: str):
    found = FaultList("", "manifest.py")
    assert isinstance(parse_python(text, "manifest.py", found), dict)
