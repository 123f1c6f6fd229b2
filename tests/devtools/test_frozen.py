"""What `plughost package` freezes into the manifest: read from the code, and taken by a host at once."""

import io
import zipfile
from pathlib import Path

import pytest

from host import PluginHost
from host.devtools.archive import pack
from host.devtools.frozen import Frozen, frozen_of, with_frozen
from host.devtools.source_tree import read_source
from host.manifest import read_package

CODE = """
import plugin_sdk
from plugin_sdk import Plugin, contains, hook, on

TOPIC = "late.topic"


class Guard(Plugin):
    @on(["order.*", "order.made"], where={"text": contains("x"), "n": 3}, durable=True)
    async def orders(self, data): ...

    @on("lossy.topic")
    async def lossy(self, data): ...

    @on(TOPIC, durable=True)
    async def late(self, data): ...

    @on("a", durable=True)
    @on("b")
    async def twice(self, data): ...

    @plugin_sdk.hook("message.before", before="other", budget_s=0.25, fail="closed")
    async def check(self, value): ...
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def write(folder: Path, manifest: str = "", form: str = "plugin.toml") -> Path:
    folder.mkdir(parents=True)
    (folder / "main.py").write_text(CODE)
    head = 'id = "guard"\nversion = "1.0.0"\nentry_point = "main.py"\n'
    (folder / form).write_text(f"{head}{manifest}" if form.endswith(".toml") else manifest)
    return folder


def frozen(folder: Path) -> Frozen:
    return frozen_of(read_package(folder), read_source(folder))


def test_durable_subscriptions_and_hooks_are_read_from_the_code(tmp_path: Path):
    found = frozen(write(tmp_path / "guard"))
    assert found.subscriptions == (
        {
            "handler": "orders",
            "topics": ["order.*", "order.made"],
            "where": {"text": {"contains": "x"}, "n": {"equals": 3}},
            "durable": True,
        },
    )
    assert found.hooks == (
        {
            "hook": "message.before",
            "handler": "check",
            "before": ["other"],
            "budget": "250ms",
            "fail": "closed",
        },
    )
    late, twice = sorted(found.notes)
    assert late == "main.py:15: Guard.late: TOPIC is only known when the code runs, and is not frozen"
    assert "Guard.twice: one of several subscriptions of one method is not frozen" in twice


@pytest.mark.parametrize("form", ["plugin.toml", "plugin.json", "manifest.json"])
def test_a_package_says_what_its_code_says_and_freezes_it_once(tmp_path: Path, form: str):
    document = '{"name": "guard", "version": "1.0.0", "entry_point": "main.py"}'
    if form == "manifest.json":
        document = '{"name": "guard", "version": "1.0.0", "entrypoints": {"main": "main.py"}}'
    folder = write(tmp_path / "guard", "" if form == "plugin.toml" else document, form)
    text = with_frozen(form, (folder / form).read_text(), frozen(folder))
    assert text is not None
    archive = pack(read_package(folder), manifest=text)
    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(io.BytesIO(archive.content)).extractall(unpacked)
    manifest = read_package(unpacked).manifest
    [subscription], [hook] = manifest.subscriptions, manifest.hooks
    assert (subscription.name, subscription.topics, subscription.durable) == (
        "orders",
        ("order.*", "order.made"),
        True,
    )
    assert (hook.name, hook.hook, hook.before, hook.budget_ms, hook.fail) == (
        "check",
        "message.before",
        ("other",),
        250,
        "closed",
    )
    again = frozen(unpacked)
    assert (again.subscriptions, again.hooks) == ((), ())


def test_a_list_in_one_line_has_no_place_for_more(tmp_path: Path):
    folder = write(tmp_path / "guard", 'hooks = [{ hook = "m.y", handler = "check" }]\n')
    assert with_frozen("plugin.toml", (folder / "plugin.toml").read_text(), frozen(folder)) is None
    assert with_frozen("manifest.py", "", frozen(folder)) is None


async def test_a_host_that_never_ran_the_packaged_plugin_has_its_hook_guard(tmp_path: Path):
    folder = write(tmp_path / "plugins" / "guard")
    async with PluginHost([tmp_path / "plugins"]) as host:
        assert await host.hook("message.before", "hello")
    file = folder / "plugin.toml"
    text = with_frozen(file.name, file.read_text(), frozen(folder))
    assert text is not None
    file.write_text(text)
    async with PluginHost([tmp_path / "plugins"]) as host:
        verdict = await host.hook("message.before", "hello")
        assert (verdict.allowed, verdict.code) == (False, "hook_unavailable")
        await host.load("guard")
        assert await host.hook("message.before", "hello")
