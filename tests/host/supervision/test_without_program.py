"""A plugin that only contributes: it has the states of any other, and no process."""

from pathlib import Path

import pytest

from host import Disabled, LoadRefused, NotActive, PluginHost


@pytest.fixture
def theme(plugins: Path) -> Path:
    """A plugin with a ui.yaml and no code."""
    folder = plugins / "paint"
    folder.mkdir()
    (folder / "manifest.py").write_text('name = "paint"\nversion = "1.0.0"\n')
    (folder / "ui.yaml").write_text("sections:\n  - {slot: drawer, source: about.md}\n")
    (folder / "about.md").write_text("# Paint")
    return folder


def seen(host: PluginHost) -> tuple[str, int | None, int]:
    """Its state, its pid, and how much it adds to interfaces."""
    view = host.plugin("paint")
    return view.state, view.pid, len(host.ui.contributions(plugin="paint"))


@pytest.mark.usefixtures("theme")
async def test_it_is_active_without_a_process(plugins: Path) -> None:
    async with PluginHost([plugins]) as host:
        assert seen(host) == ("discovered", None, 0)
        with host.changes() as changes:
            await host.load("paint")
            assert [(await anext(changes)).new for _ in range(2)] == ["loading", "active"]
        assert seen(host) == ("active", None, 1)
        assert "no process" in host.plugin("paint").reason
        await host.load("paint")
        assert seen(host) == ("active", None, 1)


@pytest.mark.usefixtures("theme")
async def test_every_verb_does_what_it_does_to_others(plugins: Path) -> None:
    async with PluginHost([plugins], autoload=True) as host:
        assert seen(host) == ("active", None, 1)
        await host.unload("paint")
        assert seen(host) == ("discovered", None, 0)
        await host.restart("paint")
        assert seen(host) == ("active", None, 1)
        await host.restart("paint")
        assert seen(host) == ("active", None, 1)
        await host.kill("paint")
        assert seen(host) == ("discovered", None, 0)
        await host.load("paint")
        await host.disable("paint")
        assert seen(host) == ("disabled", None, 0)
        with pytest.raises(Disabled):
            await host.load("paint")
        await host.enable("paint")
        assert seen(host) == ("discovered", None, 0)


@pytest.mark.usefixtures("theme")
async def test_a_call_to_it_is_told_that_nobody_is_there_to_answer(plugins: Path) -> None:
    async with PluginHost([plugins], autoload=True) as host:
        with pytest.raises(NotActive, match="takes no calls: it only contributes"):
            await host.call("paint", "draw")


@pytest.mark.usefixtures("theme")
async def test_the_host_answers_for_it(plugins: Path) -> None:
    async with PluginHost([plugins]) as host:
        with pytest.raises(NotActive):
            await host.health("paint")
        await host.load("paint")
        assert (await host.health("paint")).status == "healthy"
        assert (await host.status("paint")).status == "running"
        outcome = await host.contract.command("paint", "draw", {})
        assert (outcome.success, outcome.error) == (False, "there is no command 'draw'")


async def test_what_needs_it_is_loaded_after_it_and_asked_for_before_it_goes(
    plugins: Path, theme: Path
) -> None:
    other = plugins / "frame"
    other.mkdir()
    (other / "plugin.toml").write_text(
        'id = "frame"\nversion = "1.0.0"\ndependencies = ["paint"]\n[theme.colors]\nprimary = "#6366f1"\n'
    )
    async with PluginHost([plugins]) as host:
        await host.load("frame")
        assert {one.id: one.state for one in host.plugins()} == {"frame": "active", "paint": "active"}
        await host.unload("paint", dependants="unload")
        assert host.plugin("frame").state == "discovered"
        (theme / "manifest.py").write_text('name = "paint"\nversion = "1.1.0"\n')
        await host.rescan()
        assert host.plugin("paint").version == "1.1.0"


BAD = [
    (
        "ui.yaml",
        "sections: [{slot: drawer, source: gone.md}]",
        "section 'drawer-1': component: found 'gone.md'",
    ),
    ("ui.yaml", "sections:\n  - {slot: drawer, kind: pie}\n", "section 'drawer-1': kind: found 'pie'"),
    ("theme.toml", '[theme.colors]\nprimary = "reddish"\n', "theme 'paint': colors.primary: found 'reddish'"),
    ("ui.yaml", "sections: [{slot: drawer, source: a.json}]", "section 'drawer-1': kind: found nothing"),
    ("theme.toml", '[ui_components]\nw = "a.json"\n', "widget 'w': kind: found nothing"),
    ("theme.toml", '[[ui]]\nkind = "widget"\nname = "w"\n', "widget 'w': component: found nothing"),
]


@pytest.mark.parametrize(("file", "text", "told"), BAD)
async def test_what_it_adds_is_checked_when_it_is_loaded(
    plugins: Path, theme: Path, file: str, text: str, told: str
) -> None:
    if file == "ui.yaml":
        (theme / file).write_text(text)
    else:
        (theme / "plugin.toml").write_text('id = "paint"\nversion = "1.0.0"\n' + text)
    async with PluginHost([plugins]) as host:
        with pytest.raises(LoadRefused) as caught:
            await host.load("paint")
        assert told in caught.value.message
        assert "allowed: " in caught.value.message
        assert caught.value.remedy == "mend what the reason says, then load it"
        assert seen(host) == ("error", None, 0)
        assert told in host.plugin("paint").reason
        for name in ("plugin.toml", "ui.yaml"):
            (theme / name).unlink(missing_ok=True)
        (theme / "ui.yaml").write_text("sections: [{slot: drawer, source: about.md}]\n")
        await host.rescan()
        await host.load("paint")
        assert seen(host) == ("active", None, 1)


async def test_data_of_a_file_are_drawn_as_the_manifest_says(plugins: Path, theme: Path) -> None:
    (theme / "a.json").write_text("7")
    (theme / "plugin.toml").write_text(
        'id = "paint"\nversion = "1.0.0"\n'
        '[[ui]]\nkind = "widget"\nname = "one"\ncomponent = "a.json"\ndraw = "stat"\n'
        '[ui_components]\ntwo = {component = "a.json", kind = "gauge"}\n'
    )
    async with PluginHost([plugins], autoload=True) as host:
        assert (await host.ui.widget_data("paint", "one"))["value"] == 7
        assert (await host.ui.widget_data("paint", "two"))["max"] == 100


async def test_a_name_that_another_plugin_has_is_refused_to_it_and_its_own_to_others(plugins: Path) -> None:
    for plugin in ("one", "two"):
        (plugins / plugin).mkdir()
        (plugins / plugin / "note.txt").write_text("x")
        (plugins / plugin / "plugin.toml").write_text(
            f'id = "{plugin}"\nversion = "1"\n[[ui]]\nkind = "widget"\nname = "w"\ncomponent = "note.txt"\n'
        )
    async with PluginHost([plugins]) as host:
        await host.load("two")
        with pytest.raises(LoadRefused, match="widget 'w': plugin 'two' has the widget w"):
            await host.load("one")
        await host.unload("two")
        await host.load("one")
        assert [one.plugin for one in host.ui.contributions()] == ["one"]
