import re
import shutil
from pathlib import Path

import anyio

from host.facade.pages import ReloadPage
from host.plugin_host import PluginHost

EXAMPLES = Path(__file__).parents[3] / "examples" / "plugins"
SAMPLE = re.compile(r'plughost_\w+(\{(\w+="([^"\\\n]|\\.)*",?)*\})? [-+.\w]+')


async def test_a_rescan_says_what_is_new_and_what_is_gone(tmp_path: Path):
    shutil.copytree(EXAMPLES / "hello", tmp_path / "plugins" / "hello")
    with anyio.fail_after(20):
        async with PluginHost([tmp_path / "plugins"]) as host:
            shutil.copytree(EXAMPLES / "counter", tmp_path / "plugins" / "counter")
            assert (await host.rescan()).found == ("counter",)
            shutil.rmtree(tmp_path / "plugins" / "hello")
            assert (await host.facade.host_rescan()).gone == ("hello",)
            page = await host.rescan([EXAMPLES / "hello"])
            assert (page.found, page.gone) == (("hello",), ("counter",))
            assert (await host.facade.host()).plugin_folders == (str(EXAMPLES / "hello"),)


async def test_a_program_has_its_own_function_called_for_a_rescan():
    own = ReloadPage(applied=("mine",), needs_restart=(), found=(), gone=())

    async def reload() -> ReloadPage:
        return own

    with anyio.fail_after(20):
        async with PluginHost() as host:
            host.reload_by(reload)
            assert await host.facade.host_rescan() == own


async def test_each_line_of_the_metrics_is_a_sample_or_a_comment():
    with anyio.fail_after(20):
        async with PluginHost([EXAMPLES / "hello"]) as host:
            await host.load("hello")
            lines = (await host.facade.metrics()).splitlines()
    wrong = [one for one in lines if not one.startswith(("# HELP ", "# TYPE ")) and not SAMPLE.fullmatch(one)]
    assert wrong == []
    assert 'plughost_plugin_up{plugin="hello"} 1' in lines
