"""Terminals that change their size, and tiny ones."""

from tui.driven import WIDE, driving, full_host

from host.tui.overview import Overview


async def test_the_rows_have_the_keys_again_after_a_terminal_was_tiny():
    async with driving(full_host()) as driven:
        await driven.press("enter")
        await driven.sees("[Summary]")
        await driven.pilot.resize_terminal(50, 12)
        await driven.settle()
        await driven.pilot.resize_terminal(*WIDE)
        await driven.sees("[Summary]")
        await driven.press("escape")
        await driven.sees("[1 Overview]", "PLUGIN")
        await driven.until(lambda: driven.app.focused is driven.screen(Overview).table)
        await driven.press("down", "enter")
        await driven.sees("[Summary]", "github")


async def test_a_tiny_terminal_is_one_line_also_while_the_host_is_gone():
    facade = full_host()
    async with driving(facade, (50, 12)) as driven:
        facade.vanish()
        await driven.until(lambda: driven.lines[0].startswith("lost 3/11 active"))
        assert not any(line.strip() for line in driven.lines[1:])
