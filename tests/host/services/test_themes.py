"""Themes as data: the ones that people write, and what is no theme."""

from typing import Any

import pytest

from host.services.themes import theme_faults, theme_warnings
from protocol.colours import contrast, read_colour

DARK: dict[str, Any] = {
    "colors": {
        "primary": {"main": "#6366f1", "light": "#818cf8", "dark": "#4f46e5", "contrastText": "#ffffff"},
        "secondary": {"main": "#8b5cf6", "light": "#a78bfa", "dark": "#7c3aed", "contrastText": "#ffffff"},
        "background": {"default": "#0f172a", "paper": "#1e293b", "elevated": "#334155"},
        "text": {"primary": "#f1f5f9", "secondary": "#cbd5e1", "disabled": "#64748b"},
        "success": "#10b981",
    },
    "typography": {
        "fontFamily": '"Inter", "Roboto", "Helvetica", "Arial", sans-serif',
        "fontSize": 14,
        "fontWeightBold": 700,
        "h1": {"fontSize": "2.5rem", "fontWeight": 700, "lineHeight": 1.2},
        "button": {"textTransform": "none", "fontWeight": 500},
    },
    "spacing": 8,
    "shape": {"borderRadius": 8},
    "shadows": {"small": "0 1px 3px rgba(0,0,0,0.12)"},
    "components": {
        "card": {"borderRadius": 12, "boxShadow": "0 4px 6px rgba(0,0,0,0.1)"},
        "input": {"borderColor": "#475569"},
    },
}
LIGHT: dict[str, Any] = {
    "colors": {
        "primary": {"main": "#2563eb", "light": "#3b82f6", "dark": "#1d4ed8", "contrastText": "#ffffff"},
        "background": {"default": "#ffffff", "paper": "#f8fafc", "elevated": "#f1f5f9"},
        "text": {"primary": "#0f172a", "secondary": "#475569", "disabled": "#94a3b8"},
    },
    "typography": {"fontFamily": '"Open Sans", sans-serif'},
}


def test_a_dark_and_a_light_theme_are_sound_and_their_text_can_be_read() -> None:
    assert list(theme_faults(DARK)) == []
    assert list(theme_faults(LIGHT)) == []
    assert [one for one in theme_warnings(DARK) if one.startswith("text")] == []
    assert theme_warnings(LIGHT) == ()


def test_contrast_is_that_of_wcag() -> None:
    black, white, grey = (read_colour(text) for text in ("#000", "#fff", "#777777"))
    assert black is not None
    assert white is not None
    assert grey is not None
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(grey, white) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#ff0000", (1, 0, 0)),
        ("#F00", (1, 0, 0)),
        ("#ff000080", (1, 0, 0)),
        ("rgb(255, 0, 0)", (1, 0, 0)),
        ("rgba(255,0,0,0.5)", (1, 0, 0)),
        ("rgb(100% 0% 0% / 50%)", (1, 0, 0)),
        ("hsl(0, 100%, 50%)", (1, 0, 0)),
        ("#ff00", (1, 1, 0)),
        ("red", None),
        ("#12345", None),
        ("rgb(1,2)", None),
        ("rgb(256,0,0)", None),
        ("hsl(400,0%,0%)", None),
        ("rgb(1..2,0,0)", None),
    ],
)
def test_colours_are_read_as_a_style_sheet_does(text: str, colour: tuple[float, float, float] | None) -> None:
    found = read_colour(text)
    if colour is None:
        assert found is None
    else:
        assert found == pytest.approx(colour)


@pytest.mark.parametrize(
    ("theme", "place"),
    [
        ({"colors": []}, "colors: found list"),
        ({"spacing": "wide"}, "spacing: found 'wide'"),
        ({"shape": {"a": [1]}}, "shape.a: found list"),
        ({"shape": {"a": True}}, "shape.a: found bool"),
        ({"shape": {"a": "x\ny"}}, "shape.a: found"),
        ({"typography": {str(number): number for number in range(501)}}, "more than 500"),
    ],
)
def test_what_is_no_theme_is_a_fault_with_its_place(theme: dict[str, Any], place: str) -> None:
    assert any(place in fault for fault in theme_faults(theme))


def test_a_contrast_that_is_just_too_low_is_not_shown_as_one_that_would_do() -> None:
    primary = {"main": "#6366f1", "contrastText": "#ffffff"}
    assert theme_warnings({"colors": {"primary": primary}}) == (
        "primary.contrastText on primary.main has a contrast of 4.46; 4.5 is readable",
    )
