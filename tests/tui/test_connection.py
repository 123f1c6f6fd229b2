"""The connection: none yet, lost, and there again."""

from tui.driven import LOW, driving, full_host
from tui.staged_facade import StagedFacade
from tui.staged_rows import every_state

from host.errors import NoHost


async def test_without_a_host_it_says_what_to_do_and_waits_for_one():
    facade = StagedFacade(every_state())
    facade.gone = NoHost("no host listens here", remedy="start one: plughost run")
    async with driving(facade, LOW, live=False) as driven:
        await driven.sees("no host listens here", "plughost run", "q quits")
        facade.come_back()
        await driven.sees("11 plugins", "● live")


async def test_a_host_without_plugins_says_what_to_do():
    async with driving(StagedFacade(), LOW) as driven:
        await driven.sees("no plugins yet", "plughost create my-plugin")


async def test_the_last_picture_stays_and_it_comes_back():
    facade = full_host()
    async with driving(facade, LOW) as driven:
        facade.vanish()
        await driven.sees("✖ lost", "The host is gone", "github", "11 plugins")
        facade.remove("github")
        facade.come_back()
        await driven.sees("● live", "10 plugins")
        await driven.sees_not("The host is gone")
        await driven.until(lambda: len(facade.followed("logs")) == 1)
