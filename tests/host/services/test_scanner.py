"""Messages and files are scanned by security plugins, and no answer is no approval."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host import InvalidParams, LoadFailed, PluginHost
from host.services import scanner

Write = Callable[..., Path]
ANTIVIRUS = """
import os

from plugin_sdk.kinds import SecurityPlugin


class AntivirusPlugin(SecurityPlugin):
    async def scan_file(self, file_path: str) -> dict:
        with open(file_path) as file:
            text = file.read()
        if text == "die":
            os._exit(3)
        mode = os.stat(file_path).st_mode & 0o777
        bad = "virus" in text
        return {"safe": not bad, "threats": ["EICAR"] if bad else [], "mode": mode, "path": file_path}

    async def scan_message(self, message: str) -> dict:
        if message == "raise":
            raise RuntimeError(message)
        if message == "nonsense":
            return {"confidence": 1}
        return {"safe": "phish" not in message, "confidence": 0.95}
"""


@pytest.fixture
async def guarded(plugins: Path, write_plugin: Write) -> Any:
    write_plugin("antivirus", ANTIVIRUS, 'type = "security"\n')
    async with PluginHost([plugins], autoload=True) as host:
        yield host


async def test_messages_are_scanned_and_no_answer_is_no_approval(guarded: PluginHost) -> None:
    result = await guarded.scan_message("hello")
    assert (result.safe, result.scanned_by) == (True, ("antivirus",))
    assert result.details == {"antivirus": {"safe": True, "confidence": 0.95}}
    result = await guarded.scan_message("phishing")
    assert (result.safe, result.by, result.code) == (False, "antivirus", "denied")
    for text in ("raise", "nonsense"):
        result = await guarded.scan_message(text)
        assert (result.safe, result.code, result.scanned_by) == (False, "hook_failed", ())
    await guarded.unload("antivirus")
    assert (await guarded.scan_message("hello")).code == "hook_unavailable"


async def test_a_file_is_scanned_as_a_copy_that_can_only_be_read_and_is_gone_afterwards(
    guarded: PluginHost, tmp_path: Path
) -> None:
    file = tmp_path / "upload.txt"
    for text, safe, threats in (("fine", True, ()), ("a virus", False, ("EICAR",))):
        file.write_text(text)
        result = await guarded.scan_file(file)
        assert (result.safe, result.threats, result.scanned_by) == (safe, threats, ("antivirus",))
        seen = result.details["antivirus"]
        copy = Path(seen["path"])
        assert seen["mode"] == 0o400
        assert copy.parent.name == "inbox"
        assert copy.suffix == ".txt"
        assert copy != file
        assert not copy.exists()
        assert list(copy.parent.iterdir()) == []
    file.write_text("die")
    result = await guarded.scan_file(file)
    assert (result.safe, result.code) == (False, "hook_failed")
    assert list(copy.parent.iterdir()) == []
    assert stat.S_ISREG(file.stat().st_mode)


async def test_what_is_no_file_to_scan_is_refused(
    guarded: PluginHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "upload.txt"
    file.write_text("fine")
    link = tmp_path / "link"
    link.symlink_to(file)
    with pytest.raises(InvalidParams, match="it is a link"):
        await guarded.scan_file(link)
    with pytest.raises(InvalidParams, match="no regular file"):
        await guarded.scan_file(tmp_path)
    with pytest.raises(InvalidParams, match="nothing' can't be scanned: No such file or directory; name a"):
        await guarded.scan_file(tmp_path / "nothing")
    with pytest.raises(InvalidParams, match="can't be scanned: embedded null byte"):
        await guarded.scan_file(tmp_path / "a\0b")
    monkeypatch.setattr(scanner, "MAX_FILE_BYTES", 3)
    with pytest.raises(InvalidParams, match="it has 4 bytes; allowed: 3"):
        await guarded.scan_file(file)


async def test_without_security_plugins_nobody_has_scanned(plugins: Path) -> None:
    async with PluginHost([plugins]) as host:
        result = await host.scan_message("hello")
        assert (result.safe, result.scanned_by) == (True, ())


@pytest.mark.parametrize("code", ["def broken(:\n", "raise RuntimeError('no')\n"])
async def test_a_scanner_that_never_started_makes_nothing_safe(
    code: str, write_plugin: Callable[..., Path], tmp_path: Path
) -> None:
    folder = write_plugin("guard", code, 'type = "security"\n')
    (tmp_path / "file.txt").write_text("text")
    async with PluginHost(plugins=[folder], data=tmp_path / "data") as host:
        with pytest.raises(LoadFailed):
            await host.load("guard")
        for scan in (host.scan_message("text"), host.scan_file(tmp_path / "file.txt")):
            result = await scan
            assert not result.safe
            assert (result.by, result.code) == ("guard", "hook_unavailable")
        await host.disable("guard")
        assert (await host.scan_message("text")).safe
