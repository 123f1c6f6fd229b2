"""A plugin's own folders."""

import stat
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from host import PluginHost, QuotaExceeded
from host.state.spaces import Spaces

Write = Callable[..., Path]

KEEPER = """
class Keeper(Plugin):
    @method
    async def where(self) -> list[str]:
        return [str(self.paths.data), str(self.paths.cache), str(self.paths.package)]

    @method
    async def write(self, text: str) -> None:
        (self.paths.data / "kept.txt").write_text(text)

    @method
    async def store(self, size: int) -> None:
        await self.storage.set("key", "x" * size)

    @method
    async def usage(self) -> dict[str, int]:
        return await self.storage.usage()

    @method
    async def read(self) -> str:
        return (self.paths.data / "kept.txt").read_text()
"""


@pytest.mark.parametrize("manifest", ["", "preload = false\n"])
async def test_a_plugin_finds_folders_of_its_own(
    plugins: Path, write_plugin: Write, tmp_path: Path, manifest: str
) -> None:
    folder = write_plugin("keeper", KEEPER, manifest)
    write_plugin("other", KEEPER)
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
        data, cache, package = [Path(one) for one in await host.call("keeper", "where")]
        assert package == folder
        assert data != cache
        assert Path((await host.call("other", "where"))[0]) != data
        for one in (data, cache):
            assert stat.S_IMODE(one.stat().st_mode) == 0o700


async def test_what_it_keeps_survives_an_update_and_the_host(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
        await host.call("keeper", "write", {"text": "kept"})
    write_plugin("keeper", KEEPER, version="2.0.0")
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
        assert host.plugin("keeper").version == "2.0.0"
        assert await host.call("keeper", "read") == "kept"


def test_usage_counts_files_and_follows_no_links(tmp_path: Path) -> None:
    spaces = Spaces(tmp_path)
    space = spaces.of("one")
    (space.data / "deep").mkdir()
    (space.data / "deep" / "file").write_bytes(b"x" * 10_000)
    (space.cache / "file").write_bytes(b"x")
    (space.data / "link").symlink_to("/")
    usage = spaces.usage("one")
    assert 10_000 <= usage.data_bytes < 40_000
    assert usage.cache_bytes >= 1
    assert usage.files == 3
    spaces.wipe("one")
    assert spaces.usage("one").files == 0
    assert spaces.of("one").data.is_dir()


def test_a_name_that_is_no_id_reaches_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a plugin's id"):
        Spaces(tmp_path).of("../elsewhere")


async def test_files_count_against_what_a_plugin_may_keep(
    plugins: Path, write_plugin: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("keeper", KEEPER)
    async with PluginHost(
        [plugins], data=tmp_path / "data", autoload=True, storage_quota_bytes=100_000
    ) as host:
        said: list[dict[str, int]] = []
        heard = anyio.Event()

        @host.on("plughost.plugin.quota")
        async def short(data: dict[str, int]) -> None:
            said.append(data)
            heard.set()

        watch = host._parts.spaces  # pyright: ignore[reportPrivateUsage]
        await host.call("keeper", "store", {"size": 60_000})
        await host.call("keeper", "write", {"text": "x" * 60_000})
        await watch.count()
        files = (await host.call("keeper", "usage"))["files_bytes"]
        assert 60_000 <= files < 100_000
        with pytest.raises(QuotaExceeded, match="beside files"):
            await host.call("keeper", "store", {"size": 61_000})
        await host.call("keeper", "store", {"size": 10})  # less than before is always allowed
        await host.call("keeper", "write", {"text": "x" * 200_000})
        await watch.count()
        await watch.count()
        with anyio.fail_after(20):
            await heard.wait()
        assert "its folder holds more than the plugin may keep" in caplog.text
        assert [one["plugin"] for one in said] == ["keeper"]
