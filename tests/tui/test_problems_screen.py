"""Problems: what is said where none is new, and what a key does where there is nothing to mend."""

import msgspec
import pytest
from tui.driven import LOW, driving, full_host
from tui.staged_facade import StagedFacade
from tui.staged_rows import every_problem, every_state

from host.errors import NoHost
from host.tui.chrome import Banner, HeaderLine
from host.tui.problem_columns import PROBLEM_COLUMNS


def seen_host(*, muted: bool = False) -> StagedFacade:
    """Return a host whose problems somebody has seen, or muted."""
    problems = [
        msgspec.structs.replace(row, acknowledged=not muted, muted_until_s=2e9 if muted else None)
        for row in every_problem()
    ]
    return StagedFacade(every_state(), problems)


@pytest.mark.parametrize(
    ("left_s", "words"), [(1, "muted 1m"), (3_599, "muted 60m"), (3_600, "muted 60m"), (86_400, "muted 24h")]
)
def test_how_long_a_problem_is_muted_has_room_in_its_column(left_s: float, words: str):
    row = msgspec.structs.replace(next(iter(every_problem())), muted_until_s=1_000.0 + left_s)
    column = next(one for one in PROBLEM_COLUMNS if one.key == "standing")
    assert column.cell((row, 1_000.0)).text == words
    assert len(words) <= column.width


async def test_problems_that_were_seen_or_muted_are_not_said_to_be_none():
    for muted in (False, True):
        facade = seen_host(muted=muted)
        count = len(facade.problem_rows)
        async with driving(facade) as driven:
            await driven.sees(f"✓ none new ({count} seen or muted)")
            await driven.press("3")
            await driven.sees(f"Nothing new; {count} seen or muted: A shows them.")
            assert "All is well" not in driven.text
            assert "no problems" not in driven.text


async def test_where_there_is_nothing_to_mend_the_key_says_so():
    async with driving(StagedFacade(every_state(), [])) as driven:
        await driven.press("3")
        await driven.sees("All is well: nothing needs you.", "✓ no problems")
        await driven.press("f")
        await driven.hears("There is no problem here to mend")


async def test_a_filter_that_leaves_no_problem_does_not_say_that_all_is_well():
    async with driving(full_host()) as driven:
        await driven.press("3")
        driven.app.set_filter(driven.app.screen, "nowhere-to-be-found")  # pyright: ignore[reportArgumentType]
        await driven.sees("match; Esc clears the filter")
        assert "All is well" not in driven.text


async def test_what_is_said_of_a_lost_host_is_whole_and_no_problem_is_denied():
    facade = StagedFacade(every_state(), [])
    async with driving(facade, LOW) as driven:
        assert "✓ no problems" in driven.app.screen.query_one(HeaderLine).text
        facade.vanish(
            NoHost(
                "no host listens at /srv/chat/data/control.sock any more, nor does one start",
                remedy="start it with `plughost run --config /etc/chat.toml`, and look at /srv/chat/host.log",
            )
        )
        await driven.sees("The host is gone for", "nor does one start", "host.log", "tried each second")
        assert 3 <= len(driven.app.screen.query_one(Banner).text.split("\n")) <= 4
        assert "✓" not in driven.app.screen.query_one(HeaderLine).text
