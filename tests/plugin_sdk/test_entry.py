"""Entry points: from text to the class, and what is said when there is none."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plugin_sdk.runtime.entry import EntryFault, load_classes, put_on_path

ONE = """
from plugin_sdk import Plugin, method

class Hello(Plugin):
    @method
    async def greet(self) -> str:
        return "hello"
"""

OTHER = ONE.replace("Hello", "Other").replace("greet", "part")

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    """Write modules into a folder that is on the path; what was imported is forgotten afterwards."""
    path, modules = list(sys.path), set(sys.modules)
    put_on_path(str(tmp_path), None)

    def write_one(name: str, text: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return file

    yield write_one
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]
    sys.path_importer_cache.pop(str(tmp_path), None)


def refused(*entry_points: str) -> str:
    with pytest.raises(EntryFault) as caught:
        load_classes(entry_points)
    return str(caught.value)


@pytest.mark.parametrize("entry", ["one_entry:Hello", "one_entry.py", "one_entry"])
def test_a_class_is_found_by_name_or_because_it_is_the_only_one(write: Write, entry: str) -> None:
    write("one_entry.py", ONE)
    assert [cls.__name__ for cls in load_classes([entry])] == ["Hello"]


@pytest.mark.parametrize("entry", ["deep_entry/inner.py", "deep_entry.inner:Hello"])
def test_a_module_may_lie_in_a_package(write: Write, entry: str) -> None:
    write("deep_entry/__init__.py", "")
    write("deep_entry/inner.py", ONE)
    assert [cls.__name__ for cls in load_classes([entry])] == ["Hello"]


def test_several_entry_points_are_several_classes_in_their_order(write: Write) -> None:
    write("one_entry.py", ONE)
    write("other_entry.py", OTHER)
    classes = load_classes(["one_entry:Hello", "other_entry.py", "one_entry.py"])
    assert [cls.__name__ for cls in classes] == ["Hello", "Other"]


def test_the_same_class_twice_is_that_class(write: Write) -> None:
    write("one_entry.py", ONE)
    assert [cls.__name__ for cls in load_classes(["one_entry:Hello", "one_entry.py"])] == ["Hello"]


def test_a_missing_class_is_named_with_its_file(write: Write) -> None:
    file = write("one_entry.py", ONE)
    assert refused("one_entry:Nope") == f"entry point 'one_entry:Nope': {file} has no class 'Nope'"


def test_a_module_without_a_file_can_be_named_too() -> None:
    assert refused("sys:Nope") == "entry point 'sys:Nope': sys has no class 'Nope'"


@pytest.mark.parametrize("name", ["number", "Plain"])
def test_what_is_no_plugin_is_refused(write: Write, name: str) -> None:
    write("one_entry.py", "number = 5\nclass Plain: pass\n")
    assert "is not a class derived from plugin_sdk.Plugin" in refused(f"one_entry:{name}")


def test_two_classes_in_a_file_must_be_told_apart(write: Write) -> None:
    write("one_entry.py", ONE + "\nclass Second(Plugin): pass\n")
    assert refused("one_entry.py").endswith("found: Hello, Second")


def test_a_class_from_another_file_of_the_plugin_is_found_where_a_module_has_none_of_its_own(
    write: Write,
) -> None:
    write("one_entry.py", ONE)
    write("other_entry.py", "from one_entry import Hello\n")
    assert [cls.__name__ for cls in load_classes(["other_entry.py"])] == ["Hello"]


def test_a_package_may_import_its_class_from_a_file_in_it(write: Write) -> None:
    write("__init__.py", "from .plug_entry import Hello\n")
    write("plug_entry.py", ONE)
    assert [cls.__name__ for cls in load_classes(["__init__.py"])] == ["Hello"]


def test_a_modules_own_class_goes_before_those_it_imports(write: Write) -> None:
    write("one_entry.py", ONE)
    write("other_entry.py", "from one_entry import Hello\nclass Own(Hello): pass\n")
    assert [cls.__name__ for cls in load_classes(["other_entry.py"])] == ["Own"]


def test_the_base_of_an_imported_class_does_not_count(write: Write) -> None:
    write("one_entry.py", ONE)
    write("two_entry.py", "from one_entry import Hello\nclass Own(Hello): pass\n")
    write("three_entry.py", "from one_entry import Hello\nfrom two_entry import Own\n")
    assert [cls.__name__ for cls in load_classes(["three_entry.py"])] == ["Own"]


def test_two_imported_classes_must_be_told_apart(write: Write) -> None:
    write("one_entry.py", ONE)
    write("two_entry.py", OTHER)
    write("three_entry.py", "from one_entry import Hello\nfrom two_entry import Other\n")
    assert refused("three_entry.py").endswith("found: Hello, Other")


def test_a_class_of_an_installed_package_does_not_count(write: Write) -> None:
    write(".venv/__init__.py", "")
    write(".venv/installed_entry.py", ONE)
    sys.path.insert(0, str(write("main_entry.py", "from installed_entry import Hello\n").parent / ".venv"))
    assert refused("main_entry.py").endswith("found: none")


def test_a_class_of_the_sdk_does_not_count(write: Write) -> None:
    write("other_entry.py", "from plugin_sdk.kinds import AIProvider\n")
    assert refused("other_entry.py").endswith("found: none")


def test_a_missing_module_is_named(write: Write) -> None:
    assert refused("nowhere_entry:X") == (
        "entry point 'nowhere_entry:X' can't be imported: No module named 'nowhere_entry'"
    )


def test_a_package_that_a_module_needs_is_named_and_where_it_belongs(write: Write) -> None:
    write("needs_entry.py", "import not_installed\n")
    told = refused("needs_entry:X")
    assert "No module named 'not_installed'" in told
    assert "needs_entry.py, line 1" in told
    assert "python -m venv .venv" in told


@pytest.mark.parametrize("entry", ["", ":X", ".py", ".main:X", "a..b:X"])
def test_an_entry_point_without_a_module_is_refused(entry: str) -> None:
    assert "names no module" in refused(entry)


def test_a_syntax_error_is_told_with_its_place(write: Write) -> None:
    file = write("one_entry.py", "x = 1\ndef broken(:\n")
    text = refused("one_entry.py")
    assert "invalid syntax" in text
    assert f"({file}, line 2)" in text


def test_an_import_error_is_told_with_its_place(write: Write) -> None:
    write("one_entry.py", "x = 1\nimport inner_entry\n")
    file = write("inner_entry.py", "\n\nimport not_installed_anywhere\n")
    text = refused("one_entry.py")
    assert "No module named 'not_installed_anywhere'" in text
    assert f"({file}, line 3)" in text


def test_what_the_code_itself_raises_passes_through(write: Write) -> None:
    write("one_entry.py", "raise ConnectionError('no network')\n")
    with pytest.raises(ConnectionError):
        load_classes(["one_entry.py"])


def test_the_folder_comes_behind_the_standard_library_and_before_packages(
    write: Write, tmp_path: Path
) -> None:
    place = sys.path.index(str(tmp_path))
    assert sys.path[place + 1].endswith("-packages")
    write("json.py", "raise AssertionError('shadows the standard library')\n")
    write("code.py", ONE)
    assert "has no class" in refused("code:Hello")


def test_without_packages_the_folder_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/a", "/b"])
    put_on_path("/plugin", None)
    assert sys.path == ["/a", "/b", "/plugin"]
