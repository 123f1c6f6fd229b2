"""The README leads to what is there, and leaves no plugin out; the manifests are understood as they are."""

import re
from pathlib import Path

from examples.streamspace.service import HERE, PLUGINS
from host.manifest import read_package

README = (HERE / "README.md").read_text()


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 50
    assert [link for link in links if not (HERE / link).exists()] == []


def test_every_plugin_and_every_module_of_the_service_is_named() -> None:
    plugins = {folder.name for folder in PLUGINS.iterdir()}
    assert {plugin for plugin in plugins if f"plugins/{plugin}" not in README} == set()
    modules = {file.name for file in HERE.glob("*.py")} - {"__init__.py"}
    assert {name for name in modules if f"({name})" not in README} == set()


def test_what_a_row_says_is_in_the_file_that_it_names() -> None:
    rows = re.findall(r"\[[^\]]+\]\(([^)]+\.(?:py|json))\), `(\w+)`", README)
    assert len(rows) > 10
    missing = [(place, word) for place, word in rows if word not in Path(HERE / place).read_text()]
    assert missing == []


def test_no_manifest_of_the_guides_form_has_a_fault_or_a_warning() -> None:
    packages = [read_package(folder) for folder in sorted(PLUGINS.iterdir())]
    assert [warning for package in packages for warning in package.warnings] == []
    assert {package.manifest.id for package in packages} == {folder.name for folder in PLUGINS.iterdir()}
