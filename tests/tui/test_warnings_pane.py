"""The last warnings below the overview: whether they are followed is seen, and they are again once left."""

from tui.driven import Driven, driving, full_host
from tui.staged_lines import log_rows

from host.tui.overview import Overview


def newest(driven: Driven) -> bool:
    """Return whether the newest line is the one under the cursor."""
    pane = driven.screen(Overview).warnings
    row = pane.cursor_row
    return row is not None and row.seq == pane.held.lines[-1].entry.row.seq == 9_005


async def test_a_pane_that_stands_still_says_so_and_follows_again_once_it_is_left():
    facade = full_host()
    async with driving(facade) as driven:
        await driven.sees("Warnings of all plugins  Tab goes there")
        await driven.press("tab", "home")
        await driven.sees("Warnings of all plugins  ‖ standing still; End follows")
        await driven.press("end")
        await driven.sees_not("standing still")
        await driven.press("home")
        await driven.sees("standing still")
        await driven.press("tab")
        await driven.sees_not("standing still")
        facade.log(*[row for row in log_rows(["weather"], 6, start=9_000) if row.level >= 30])
        await driven.until(lambda: newest(driven))
