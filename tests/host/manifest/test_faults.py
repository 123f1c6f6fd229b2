import pytest

from host.manifest.faults import FOUND_CHARS, FaultList, near, show, show_path


@pytest.mark.parametrize(
    "value",
    [
        "x" * 1000,
        "\x1b[2J\u202e\x00\x9b",
        list(range(1000)),
        {"a" * 500: ["b" * 500] * 9},
        [16**9999],
        [[[[["x"]]]]],
    ],
)
def test_a_found_value_is_short_and_printable(value: object):
    text = show(value)
    assert len(text) <= FOUND_CHARS
    assert text.isprintable()


def test_a_short_value_is_shown_as_it_is_written_in_python():
    assert show("hello") == "'hello'"
    assert show({"a": [1, True]}) == "{'a': [1, True]}"


def test_an_unusual_key_in_a_path_is_quoted():
    assert show_path(["limits", "memory"]) == "limits.memory"
    assert show_path(["env", "a.b", 3]) == "env.'a.b'.3"
    assert show_path(["\x1b"]) == r"'\x1b'"


def test_a_hint_names_near_words_or_all():
    assert near("memroy", ["memory", "cpu"]) == "did you mean memory?"
    assert near("zzz", ["memory", "cpu"]) == "one of cpu, memory"


def test_one_place_has_one_fault_and_the_document_may_have_several():
    faults = FaultList("folder", "plugin.toml")
    for text in ("first", "second"):
        faults.add("id", text, "x")
        faults.add("", text, "x")
    assert [(fault.path, fault.found) for fault in faults.as_error().faults] == [
        ("id", "first"),
        ("", "first"),
        ("", "second"),
    ]
