from collections.abc import Callable
from pathlib import Path

import pytest

from host.errors import Fault
from host.manifest.program import check_entry
from protocol.manifest import Manifest

TomlFaults = Callable[[str], dict[str, Fault]]
JsonFaults = Callable[..., dict[str, Fault]]


def test_an_entry_point_is_a_class_of_a_module_or_a_file(folder: Path):
    (folder / "pkg" / "deep").mkdir(parents=True)
    (folder / "pkg" / "mod.py").touch()
    (folder / "pkg" / "deep" / "__init__.py").touch()
    for entry in ("main:Plugin", "main.py", "pkg.mod:Plugin", "pkg/mod.py", "pkg.deep:Plugin"):
        assert check_entry(folder.resolve(), entry) == entry
    assert check_entry(folder.resolve(), "./pkg/mod.py") == "pkg/mod.py"


@pytest.mark.parametrize(
    "entry",
    [
        "main",
        "",
        ":",
        "main:",
        ":Plugin",
        "main:My Class",
        "main:class",
        "main.py:Plugin",
        "a..b:C",
        "main.txt",
        "..\\main.py",
        "gone.py",
        "gone:Plugin",
        "../main.py",
        "/etc/passwd.py",
        "folder.py",
        "x" * 5000 + ".py",
    ],
)
def test_an_entry_point_of_another_form_or_without_a_file_is_a_fault(folder: Path, entry: str):
    (folder / "folder.py").mkdir()
    (folder.parent / "main.py").touch()
    with pytest.raises(ValueError, match=r"module|Python file"):
        check_entry(folder.resolve(), entry)


def test_an_entry_point_may_not_leave_the_folder_through_a_link(folder: Path):
    (folder.parent / "outside.py").touch()
    (folder / "inside.py").symlink_to("../outside.py")
    with pytest.raises(ValueError, match="inside the plugin's folder"):
        check_entry(folder.resolve(), "inside.py")
    with pytest.raises(ValueError, match="inside the plugin's folder"):
        check_entry(folder.resolve(), "inside:Plugin")


def test_main_py_is_the_entry_point_where_nothing_is_said(read_toml: Callable[[str], Manifest]):
    assert read_toml("").entry_points == ("main.py",)


def test_nothing_to_start_is_a_fault_but_for_a_theme(
    folder: Path, toml_faults: TomlFaults, read_toml: Callable[[str], Manifest]
):
    (folder / "main.py").unlink()
    assert toml_faults("")["entry_point"].found == "nothing"
    theme = read_toml('type = "theme"')
    assert (theme.entry_points, theme.command) == ((), ())


def test_an_unknown_entry_name_is_a_fault_that_names_near_ones(json_faults: JsonFaults):
    fault = json_faults({"entrypoints": {"mian": "main.py"}})["entrypoints.mian"]
    assert fault.allowed == "did you mean main?"


@pytest.mark.parametrize("script", ["index.js", "ui/index.jsx", "plugin.ts", "index.mjs"])
def test_a_javascript_entry_point_is_one_fault_whatever_else_belongs_to_npm(
    json_faults: JsonFaults, script: str
):
    faults = json_faults(
        {"entrypoints": {"main": script, "ui": "ui/app.jsx"}, "dependencies": {"@scope/axios": "workspace:1"}}
    )
    assert list(faults) == ["entrypoints.main"]
    assert faults["entrypoints.main"].allowed.startswith("JavaScript plugin: port the entry point")


def test_a_package_json_with_nothing_in_python_is_the_same_fault(folder: Path, json_faults: JsonFaults):
    (folder / "main.py").unlink()
    (folder / "package.json").write_text("{}")
    assert json_faults({})["entry_point"].allowed.startswith("JavaScript plugin: port the entry point")


def test_a_package_json_beside_a_python_entry_point_is_fine(folder: Path, read_json: Callable[..., Manifest]):
    (folder / "package.json").write_text("{}")
    assert read_json({}).entry_points == ("main.py",)


def test_a_javascript_plugin_with_a_command_is_fine(folder: Path, read_toml: Callable[[str], Manifest]):
    (folder / "package.json").write_text("{}")
    assert read_toml('command = ["sh", "plugin.js"]').command == ("sh", "plugin.js")


def test_a_theme_with_a_package_json_keeps_its_dependency_faults(folder: Path, json_faults: JsonFaults):
    (folder / "main.py").unlink()
    (folder / "package.json").write_text("{}")
    assert set(json_faults({"type": "theme", "dependencies": 5})) == {"dependencies"}


def test_a_command_and_an_entry_point_exclude_each_other(toml_faults: TomlFaults):
    assert set(toml_faults('command = "sh"\nentry_point = "main.py"')) == {"command"}


@pytest.mark.parametrize(
    "word", ["no-such-program-anywhere", "../run", "bin/gone", "/no/such/program", "bin"]
)
def test_a_command_that_is_nowhere_is_a_fault(folder: Path, toml_faults: TomlFaults, word: str):
    (folder / "bin").mkdir()
    (folder.parent / "run").touch(mode=0o755)
    assert set(toml_faults(f'command = ["{word}"]')) == {"command"}


def test_a_command_may_be_a_program_of_the_folder(
    folder: Path, read_toml: Callable[[str], Manifest], toml_faults: TomlFaults
):
    (folder / "run").touch(mode=0o644)
    assert set(toml_faults('command = "run --fast"')) == {"command"}
    (folder / "run").chmod(0o755)
    assert read_toml('command = "run --fast"').command == ("run", "--fast")
    assert read_toml('command = "./run"').command == ("./run",)


def test_a_faulty_entry_point_is_one_fault_and_not_also_a_missing_one(folder: Path, toml_faults: TomlFaults):
    (folder / "main.py").unlink()
    assert set(toml_faults("entry_point = 5")) == {"entry_point"}
    assert set(toml_faults("command = 5")) == {"command"}


def test_a_command_is_checked_beside_a_faulty_entry_point(toml_faults: TomlFaults):
    assert set(toml_faults('command = "no-such-program-anywhere"\nentry_point = 5')) == {
        "command",
        "entry_point",
    }


def test_a_faulty_type_does_not_also_ask_for_an_entry_point(folder: Path, toml_faults: TomlFaults):
    (folder / "main.py").unlink()
    assert set(toml_faults('type = "them"')) == {"type"}
