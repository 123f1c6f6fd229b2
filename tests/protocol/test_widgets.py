from typing import Any

import pytest

from protocol.widgets import FORMS, read_widget

GOOD: list[tuple[str, Any, dict[str, Any]]] = [
    ("stat", 7, {"value": 7, "unit": "", "label": "", "change": None, "level": "info"}),
    (
        "stat",
        {"value": "7", "unit": "s"},
        {"value": "7", "unit": "s", "label": "", "change": None, "level": "info"},
    ),
    ("gauge", 50, {"value": 50.0, "min": 0.0, "max": 100.0, "unit": "", "level": "info"}),
    ("sparkline", [1, None, 2.5], {"values": [1.0, None, 2.5], "unit": ""}),
    (
        "series",
        [{"name": "a", "points": [[1, 2]]}],
        {"lines": [{"name": "a", "points": [[1.0, 2.0]]}], "unit": ""},
    ),
    ("table", {"columns": ["a"], "rows": [[1], [None]]}, {"columns": ["a"], "rows": [[1], [None]]}),
    ("key-value", {"a": 1, "b": "c"}, {"items": {"a": 1, "b": "c"}}),
    ("text", "hello", {"text": "hello"}),
    ("log", ["a", "b"], {"lines": ["a", "b"]}),
    ("progress", 0.5, {"done": 0.5, "label": ""}),
    ("badge", {"text": "ok", "level": "success"}, {"text": "ok", "level": "success"}),
]


@pytest.mark.parametrize(("kind", "data", "full"), GOOD)
def test_data_are_read_in_their_full_and_short_form(kind: str, data: Any, full: dict[str, Any]) -> None:
    assert read_widget(kind, data) == full


def test_every_kind_is_tried() -> None:
    assert {kind for kind, _, _ in GOOD} == set(FORMS)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("stat", None),
        ("gauge", {"value": 1, "min": 5, "max": 5}),
        ("gauge", "7"),
        ("sparkline", [[1]]),
        ("sparkline", list(range(1_001))),
        ("series", [{"name": "a", "points": [[1]]}]),
        ("table", {"columns": ["a", "b"], "rows": [[1]]}),
        ("table", {"columns": []}),
        ("key-value", {"a": [1]}),
        ("text", 7),
        ("text", "x" * 20_001),
        ("log", [7]),
        ("progress", 1.5),
        ("badge", {"text": "ok", "level": "loud"}),
        ("badge", {"text": "ok", "html": "<b>"}),
    ],
)
def test_data_of_another_shape_are_refused(kind: str, data: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_widget(kind, data)
