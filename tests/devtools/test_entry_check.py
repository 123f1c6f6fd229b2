"""Entry points and the contracts of kinds, read from the code without running it."""

import pytest

from tests.devtools.conftest import Check

KIND = """\
from plugin_sdk.kinds import AIProvider, Automation, Interface, Security
from plugin_sdk import Plugin
"""
WHOLE = """
    async def generate_response(self, prompt, context):
        return prompt

    async def stream_response(self, prompt, context):
        yield prompt
"""


@pytest.mark.parametrize(
    "source",
    [
        "from plugin_sdk import Plugin\nclass Sample(Plugin): pass\n",
        "import plugin_sdk\nclass Sample(plugin_sdk.Plugin): pass\n",
        "from plugin_sdk import Plugin as P\nclass Base(P): pass\n",
        "class Broken(Exception): pass\nfrom plugin_sdk import Plugin\nclass Sample(Plugin): pass\n",
        "from somewhere import Base  # plughost: ok module-missing\nclass Sample(Base): pass\n",
    ],
)
def test_a_plugin_class_is_found(source: str, check: Check):
    assert check(source) == []


def test_a_class_in_another_file_of_the_plugin_is_found(check: Check):
    parts = "from plugin_sdk import Plugin\nclass Base(Plugin): pass\n"
    assert check("from parts import Base\nclass Sample(Base): pass\n", parts=parts) == []
    named = check("from parts import Base as Sample\n", 'entry_point = "main:Sample"\n', parts=parts)
    assert named == []


def test_a_class_that_is_imported_from_another_file_is_found_without_an_entry_point(check: Check):
    parts = "from plugin_sdk import Plugin\nclass Base(Plugin): pass\nclass Sample(Base): pass\n"
    assert check("from parts import Sample\n", parts=parts) == []
    assert check("from .parts import Base, Sample\n", parts=parts) == []
    assert check("from parts import *\n", parts=parts) == []
    two = "from plugin_sdk import Plugin\nclass A(Plugin): pass\nclass B(Plugin): pass\n"
    [found] = check("from parts import A, B\n", parts=two)
    assert "found: A, B" in found.what


@pytest.mark.parametrize(
    ("source", "manifest", "said"),
    [
        ("", "", "found: none"),
        ("class Sample: pass\n", "", "found: none"),
        ("class Sample: pass\n", 'entry_point = "main:Sample"\n', "is no plugin"),
        ("class Other: pass\n", 'entry_point = "main:Sample"\n', "there are: Other"),
        ("from plugin_sdk import Plugin\nclass A(Plugin): pass\nclass B(Plugin): pass\n", "", "found: A, B"),
    ],
)
def test_what_is_no_plugin_class_is_a_fault(source: str, manifest: str, said: str, check: Check):
    [found] = check(source, manifest)
    assert (found.level, found.rule, found.file) == ("fault", "entry-point", "main.py")
    assert said in found.what
    assert found.remedy


def test_a_file_that_can_not_be_compiled_is_told_with_its_line(check: Check):
    [found] = check("from plugin_sdk import Plugin\nclass Sample(Plugin:\n    pass\n")
    assert (found.rule, found.level, found.line) == ("syntax", "fault", 2)


@pytest.mark.parametrize(
    ("base", "kind", "missing"),
    [
        ("AIProvider", "ai_provider", "generate_response and stream_response"),
        ("Plugin", "ai_provider", "generate_response and stream_response"),
        ("Security", "security", "scan_message and scan_file"),
        ("Automation", "automation", "execute_workflow"),
        ("Interface", "interface", "register_routes or register_gui_components"),
    ],
)
def test_what_a_kind_demands_and_is_missing_is_named(base: str, kind: str, missing: str, check: Check):
    [found] = check(f"{KIND}class Sample({base}): pass\n", f'type = "{kind}"\n')
    assert (found.rule, found.line) == ("kind-contract", 3)
    assert f"a plugin of type {kind} has to have {missing}" in found.what


def test_a_kind_that_is_fulfilled_is_fine_also_by_a_base_of_its_own(check: Check):
    manifest = 'type = "ai_provider"\nentry_point = "main:Sample"\n'
    assert check(f"{KIND}class Sample(AIProvider):{WHOLE}", manifest) == []
    assert check(f"{KIND}class Base(AIProvider):{WHOLE}\nclass Sample(Base): pass\n", manifest) == []


def test_a_stream_that_yields_nothing_is_told(check: Check):
    whole = WHOLE.replace("yield prompt", "return prompt")
    [found] = check(f"{KIND}class Sample(AIProvider):{whole}", 'type = "ai_provider"\n')
    assert "stream_response yields nothing" in found.what


def test_a_class_of_another_kind_than_the_manifest_says_is_told(check: Check):
    [found] = check(f"{KIND}class Sample(AIProvider):{WHOLE}", 'type = "webhook"\n')
    assert "of the kind ai_provider, the manifest says webhook" in found.what


def test_imports_and_bases_that_go_in_circles_come_to_an_end(check: Check):
    circle = "from main import Sample as Other\n"
    assert check("from parts import Other as Sample\n", 'entry_point = "main:Sample"\n', parts=circle) == []
    loop = "class A(B): pass\nclass B(A): pass\n"
    assert check(loop, 'entry_point = "main:A"\n') == []


def test_of_a_base_that_lies_elsewhere_nothing_is_said_to_be_missing(check: Check):
    source = "from elsewhere import Base  # plughost: ok module-missing\nclass Sample(Base): pass\n"
    assert check(source, 'type = "ai_provider"\n') == []
