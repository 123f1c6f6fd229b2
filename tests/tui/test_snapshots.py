"""How screens look, at both sizes, with a clock that stands still."""

import pytest
from tui.driven import SIZES, driving, full_host
from tui.snapshots import compare
from tui.staged_config import config_check, config_page
from tui.staged_facade import StagedFacade
from tui.staged_rows import hostile, many

from host.errors import NoHost

SEEN = {
    "summary": "handshake",
    "logs": "following",
    "rpc": "storage.get",
    "events": "active after",
    "config": "interval_s",
    "storage": "users/alice",
    "permissions": "not enforced",
    "manifest": "plugin.toml",
}


def _name(name: str, size: tuple[int, int]) -> str:
    return f"{name}-{size[0]}x{size[1]}"


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    ("mode", "seen"),
    [("1", "retrying"), ("2", "mailer"), ("3", "It crashed"), ("4", "No store"), ("5", "emitted")],
)
async def test_a_screen_looks_as_it_did(mode: str, seen: str, size: tuple[int, int]):
    async with driving(full_host(), size) as driven:
        await driven.press(mode)
        if seen != "emitted" or size[1] > 30:
            await driven.sees(seen)
        await driven.settle()
        compare(_name(f"screen-{mode}", size), driven.app.export_screenshot())


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("tab", SEEN)
async def test_a_tab_looks_as_it_did(tab: str, size: tuple[int, int]):
    facade = full_host()
    facade.config_page, facade.check = config_page(), config_check
    async with driving(facade, size) as driven:
        driven.app.open_plugin("github", tab)
        await driven.sees(SEEN[tab])
        await driven.settle()
        compare(_name(f"tab-{tab}", size), driven.app.export_screenshot())


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", ["empty", "nohost", "lost", "hostile", "many", "ascii", "confirm"])
async def test_a_state_looks_as_it_did(kind: str, size: tuple[int, int]):
    rows = {"empty": [], "nohost": [], "hostile": hostile(), "many": many(200)}
    facade = StagedFacade(rows[kind]) if kind in rows else full_host()
    if kind == "nohost":
        facade.gone = NoHost("no host listens at /run/chat/control.sock", remedy="start one: plughost run")
    async with driving(facade, size, live=kind != "nohost", ascii=kind == "ascii") as driven:
        if kind == "nohost":
            await driven.sees("no host listens")
        if kind == "lost":
            facade.vanish()
            await driven.sees("The host is gone")
        if kind == "confirm":
            await driven.press("down", "x")
            await driven.sees("Stop github?")
        if kind in ("lost", "ascii", "confirm"):
            await driven.until(lambda: kind == "confirm" or "retrying" in driven.text)
        await driven.settle()
        compare(_name(f"state-{kind}", size), driven.app.export_screenshot())
