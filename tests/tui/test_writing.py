"""What is shown, written to a file whose name is asked for."""

import json
from pathlib import Path

from tui.driven import driving, full_host

from host.tui.overview import Overview
from host.tui.writing import WriteDialog


async def test_a_name_that_can_not_be_written_stays_to_be_mended(tmp_path: Path):
    (tmp_path / "there.txt").write_text("before")
    async with driving(full_host(), folder=tmp_path) as driven:
        await driven.press("w", "ctrl+u")
        await driven.write(f"{tmp_path}/there.txt")
        await driven.press("enter")
        await driven.sees("can't be written", "File exists", "type another name")
        driven.screen(WriteDialog)
        assert (tmp_path / "there.txt").read_text() == "before"
        for _ in "there.txt":
            await driven.press("backspace")
        await driven.write("other.json")
        await driven.press("enter")
        await driven.hears("other.json")
        driven.screen(Overview)
        assert json.loads((tmp_path / "other.json").read_text())
