"""docs/errors.md and the tree in host/errors.py against the classes that exist."""

import re
from pathlib import Path

import pytest

from host import errors
from host.cli.exit_codes import exit_code
from host.errors import (
    PlughostError,
)
from host.rpc import from_wire
from protocol.errors import INTERNAL_ERROR, NAMES, RpcError
from tests.every_error import CLASSES, an_error

DOCUMENT = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
WITH_CODE = [cls for cls in CLASSES if "code" in vars(cls)]
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^#|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL))


def test_every_code_has_its_section_and_no_other_has():
    headings = re.findall(r"^## (.+)$", DOCUMENT, re.MULTILINE)
    assert sorted(headings) == sorted({cls.code for cls in CLASSES})


@pytest.mark.parametrize("cls", WITH_CODE, ids=lambda cls: cls.code)
def test_a_section_names_class_exit_code_and_wire_code_as_they_are(cls: type[PlughostError]):
    head, _, text = SECTIONS[cls.code].partition("\n")
    found = re.fullmatch(
        r"`(\w+)`, exit code (\d+), (?:a plugin sees `(\w+)` \((-\d+)\)|no plugin sees it)\.", head
    )
    assert found is not None, head
    name, code, wire_name, wire_code = found.groups()
    assert name == cls.__name__
    assert int(code) == exit_code(an_error(cls))
    if wire_name is None:
        assert cls.wire_code == INTERNAL_ERROR
    else:
        assert (int(wire_code), wire_name) == (cls.wire_code, NAMES[cls.wire_code])
    assert len(text.strip()) > 60


def test_every_code_of_the_wire_has_its_row_and_leads_to_the_error_that_it_becomes():
    rows = re.findall(r"^\| `(\w+)` \| (-\d+) \| \[(\w+)\]\(#(\w+)\) \|$", DOCUMENT, re.MULTILINE)
    assert {int(code): name for name, code, _, _ in rows} == NAMES
    assert len(rows) == len(NAMES)
    for name, code, becomes, anchor in rows:
        assert becomes == anchor
        assert from_wire(RpcError(int(code), "it failed"), "hello", "greet").code == becomes, name


def test_links_inside_the_page_lead_to_a_section():
    anchors = set(re.findall(r"\]\(#(\w+)\)", DOCUMENT))
    assert anchors
    assert anchors <= set(SECTIONS)


def test_the_tree_in_the_docstring_is_the_tree_of_classes():
    assert errors.__doc__ is not None
    drawn: list[tuple[str, str, str]] = []
    path: list[str] = []
    for indent, name, code in re.findall(r"^( {4,})([A-Z]\w+)(?: +(\w+))?$", errors.__doc__, re.MULTILINE):
        path[len(indent) // 4 - 1 :] = [name]
        drawn.append((name, path[-2] if len(path) > 1 else "Exception", code))
    existing = [
        (cls.__name__, str(cls.__base__ and cls.__base__.__name__), vars(cls).get("code", ""))
        for cls in CLASSES
    ]
    root, *others = existing
    assert drawn[0] == ("PlughostError", "Exception", "")
    assert root[:2] == ("PlughostError", "Exception")
    assert sorted(drawn[1:]) == sorted(others)
