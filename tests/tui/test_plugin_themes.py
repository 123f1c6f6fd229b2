"""Whatever colours a plugin's theme has: it is refused, or every text can be read with it."""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from textual.color import Color
from tui.staged_contributions import DARK, theme

from host.tui.ink import MIN_CONTRAST, contrast, inks_of
from host.tui.plugin_themes import plugin_theme, theme_name

TEXTS = ("plain", "dim", "good", "warn", "bad", "accent", "title")

COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)
NAMES = ("background", "surface", "panel", "text", "primary", "secondary", "success", "warning", "error")
ODD = st.one_of(st.text(max_size=9), st.integers(), st.none(), st.dictionaries(st.text(max_size=4), COLOURS))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), st.one_of(COLOURS, ODD)))
@example({"background": "#c00000"})
def test_every_ink_of_a_theme_that_is_taken_can_be_read_on_all_it_stands_on(colors: dict[str, Any]):
    made = plugin_theme(theme("p", "P", colors))
    if made.theme is None:
        assert made.refused
        return
    variables = made.theme.to_color_system().generate()
    inks = inks_of(variables, coloured=True)
    for ground in ("background", "surface", "panel"):
        for name in TEXTS:
            color = inks[name].color
            assert color is not None
            found = contrast(Color.from_rich_color(color), Color.parse(variables[ground]))
            assert found >= MIN_CONTRAST - 0.1, (name, ground, found)
    cursor = inks["cursor"].bgcolor
    assert cursor is not None
    text = Color.parse(variables["foreground"])
    assert contrast(text, Color.from_rich_color(cursor)) >= MIN_CONTRAST - 0.1


def test_what_was_corrected_is_said_and_what_is_sound_is_left_alone():
    made = plugin_theme(theme("p", "P", {"background": "#ffffff", "text": {"primary": "#dddddd"}}))
    assert made.corrected == ("text darker (contrast 1.2)",)
    sound = plugin_theme(theme("p", "P", {**DARK, "background": "#000000", "primary": "#ffffff"}))
    assert sound.theme is not None
    assert (sound.theme.background, sound.theme.primary, sound.theme.dark) == ("#000000", "#FFFFFF", True)


def test_names_that_are_no_names_of_a_style_sheet_and_long_titles_are_made_so():
    assert theme_name("p", "a, b.c") == "plugin-p-a-2c--20-b-2e-c"
    assert len(plugin_theme(theme("p", "x" * 500, DARK)).title) == 40
