from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import Fault, ManifestError
from host.manifest import read_package
from host.manifest.faults import FaultList
from host.manifest.yaml_document import parse_yaml
from protocol.interface import SLOTS
from protocol.messages.provides import UiItem

SAMPLE = """\
# What the plugin shows.
sections:
  - slot: sidebar-mid
    kind: stat
    title: Visitors
    source: visitors
  - {slot: drawer, name: help, kind: text, title: 'Help', source: assets/help.md, icon: "question"}
  - slot: header-tabs
"""


@pytest.fixture
def read_ui(folder: Path) -> Callable[[str], tuple[UiItem, ...]]:
    (folder / "manifest.py").write_text('name = "reports"\nversion = "1.2.0"\n')

    def read(text: str) -> tuple[UiItem, ...]:
        (folder / "ui.yaml").write_text(text)
        return read_package(folder).manifest.ui

    return read


@pytest.fixture
def ui_faults(read_ui: Callable[[str], tuple[UiItem, ...]]) -> Callable[[str], dict[str, Fault]]:
    def faults(text: str) -> dict[str, Fault]:
        with pytest.raises(ManifestError) as caught:
            read_ui(text)
        assert {fault.file for fault in caught.value.faults} == {"ui.yaml"}
        return {fault.path: fault for fault in caught.value.faults}

    return faults


def test_sections_are_read_with_slot_kind_title_and_source(read_ui: Callable[[str], tuple[UiItem, ...]]):
    assert read_ui(SAMPLE) == (
        UiItem(
            "section",
            "sidebar-mid-1",
            "Visitors",
            {"slot": "sidebar-mid", "kind": "stat", "component": "visitors"},
        ),
        UiItem(
            "section",
            "help",
            "Help",
            {"slot": "drawer", "kind": "text", "component": "assets/help.md", "icon": "question"},
        ),
        UiItem("section", "header-tabs-3", "header-tabs", {"slot": "header-tabs", "kind": "text"}),
    )


def test_without_a_program_what_is_wrong_with_a_section_is_the_only_fault(folder: Path):
    (folder / "main.py").unlink(missing_ok=True)
    (folder / "manifest.py").write_text('name = "reports"\nversion = "1.2.0"\n')
    (folder / "ui.yaml").write_text("sections: [{slot: app.sidebar.mid}]")
    with pytest.raises(ManifestError) as caught:
        read_package(folder)
    assert [(fault.file, fault.path) for fault in caught.value.faults] == [("ui.yaml", "sections.0.slot")]


@pytest.mark.parametrize("slot", SLOTS)
def test_each_of_the_six_slots_is_known(read_ui: Callable[[str], tuple[UiItem, ...]], slot: str):
    assert read_ui(f"sections: [{{slot: {slot}}}]")[0].data["slot"] == slot


@pytest.mark.parametrize(
    ("old", "now"),
    [
        ("app.sidebar.mid", "sidebar-mid"),
        ("app.sidebar.bottom", "sidebar-bottom-indicators"),
        ("app.header.tabs", "header-tabs"),
        ("page.canvas.main", "canvas-main"),
        ("app.modals", "drawer"),
    ],
)
def test_a_slot_of_an_older_layout_is_a_fault_that_names_the_current_one(
    ui_faults: Callable[[str], dict[str, Fault]], old: str, now: str
):
    fault = ui_faults(f"sections:\n  - slot: {old}\n")["sections.0.slot"]
    assert fault.allowed == f"{now}: this name is from an older layout"


def test_an_unknown_slot_and_an_unknown_key_are_told_with_near_ones(
    ui_faults: Callable[[str], dict[str, Fault]],
):
    found = ui_faults("sections:\n  - slot: drawr\n  - slot: drawer\n    sorce: x\n  - kind: text\n")
    assert "drawer" in found["sections.0.slot"].allowed
    assert found["sections.1.sorce"].allowed == "did you mean source?"
    assert found["sections.2.slot"].found == "nothing"


@pytest.mark.parametrize("source", ["Panel.jsx", "ui/panel.html", "panel.vue"])
def test_a_component_of_a_web_page_is_a_fault_with_the_hint_to_port_it(
    ui_faults: Callable[[str], dict[str, Fault]], source: str
):
    fault = ui_faults(f"sections: [{{slot: drawer, source: {source}}}]")["sections.0.source"]
    assert fault.allowed.startswith("port it: ")


@pytest.mark.parametrize("source", ["../x.json", "/etc/x.json", "x.exe", "a/b"])
def test_a_source_is_a_widget_or_a_data_file_of_the_package(
    ui_faults: Callable[[str], dict[str, Fault]], source: str
):
    assert set(ui_faults(f"sections: [{{slot: drawer, source: {source}}}]")) == {"sections.0.source"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sections: &all []\n", "the anchor &all"),
        ("sections: *all\n", "the alias *all"),
        ("sections: !!python/object:os.system []\n", "the tag"),
        ("sections: !mine []\n", "the tag"),
        ("sections: []\nsections: []\n", "more than once"),
        ("sections: [{<<: {slot: drawer}}]\n", "a merge (<<)"),
        ("--- {sections: []}\n--- {}\n", "a second document"),
        ("? [a]\n: b\n", "a key that is a list or a mapping"),
        ("sections: [\n", "while parsing"),
        ("sections: " + "[" * 30 + "]" * 30, "nested too deep"),
        ("\t- x", "character"),
        ("- a\n", "['a']"),
    ],
)
def test_what_makes_yaml_unsafe_or_none_is_a_fault_with_its_place(
    ui_faults: Callable[[str], dict[str, Fault]], text: str, found: str
):
    told = " ".join(fault.found + fault.allowed for fault in ui_faults(text).values())
    assert found in told or "expected" in told


def test_more_than_the_bound_is_a_fault(ui_faults: Callable[[str], dict[str, Fault]]):
    assert "256" in ui_faults("# " + "x" * 300_000)[""].found


def test_plain_words_mean_what_yaml_1_2_says():
    text = "{a: no, b: on, c: true, d: ~, e: 012, f: 12, g: 1.5, h: 1e3, i: 0x1f, j: 2025-01-01, k: '1', l: }"
    value = parse_yaml(text, "ui.yaml", FaultList("", ""))
    assert value == {
        "a": "no", "b": "on", "c": True, "d": None, "e": "012", "f": 12, "g": 1.5, "h": 1000.0,
        "i": "0x1f", "j": "2025-01-01", "k": "1", "l": None,
    }  # fmt: skip


def test_a_folder_with_a_ui_yaml_and_no_code_needs_no_process(tmp_path: Path):
    (tmp_path / "manifest.py").write_text('name = "panes"\nversion = "1"\n')
    (tmp_path / "__init__.py").touch()
    (tmp_path / "ui.yaml").write_text(SAMPLE)
    manifest = read_package(tmp_path).manifest
    assert (manifest.entry_points, manifest.command) == ((), ())
    assert len(manifest.ui) == 3


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"\n #,?%@<01.~"), max_size=40))
def test_any_text_is_read_or_is_faulty(text: str):
    faults = FaultList("", "ui.yaml")
    parse_yaml(text, "ui.yaml", faults)


@pytest.mark.parametrize("text", ["- slot: drawer\n", "", "just text\n"])
def test_a_document_that_is_no_object_is_told_what_it_has_to_have(
    text: str, ui_faults: Callable[[str], dict[str, Fault]]
):
    assert ui_faults(text)[""].allowed == "an object with `sections`, a list"
