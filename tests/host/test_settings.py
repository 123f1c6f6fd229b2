import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from host.errors import SettingsError
from host.settings import Settings, effective, load_settings
from protocol.manifest import Limits


class Place:
    """An empty working folder and home, and what is read there."""

    def __init__(self, root: Path) -> None:
        self.here = root / "here"
        self.home = root / "home"
        self.here.mkdir()
        self.home.mkdir()

    def write(self, text: str, path: Path | None = None) -> Path:
        path = path or self.here / "plughost.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def load(
        self, path: Path | None = None, environ: Mapping[str, str] | None = None, **overrides: Any
    ) -> Settings:
        given = {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "conf"), **(environ or {})}
        return load_settings(path, environ=given, overrides=overrides, cwd=self.here)

    def faults(
        self, text: str = "", environ: Mapping[str, str] | None = None, **overrides: Any
    ) -> list[dict[str, str]]:
        self.write(text)
        with pytest.raises(SettingsError) as caught:
            self.load(None, environ, **overrides)
        return caught.value.data["faults"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr("sys.platform", "linux")
    return Place(tmp_path)


def test_without_any_source_every_setting_is_the_default(place: Place) -> None:
    settings = place.load()
    assert settings == Settings(origins=settings.origins)
    assert settings.limits == Limits()
    assert set(settings.origins.values()) == {"default"}


def test_a_file_may_set_everything(place: Place) -> None:
    place.write(
        """
        plugins = ["plugins", "/opt/plugins", "~/plugins"]
        data = "state"
        autoload = false
        warden = "off"
        polling = false
        [limits]
        memory = "512m"
        cpu = "1500m"
        threads = 8
        descriptors = 64
        children = 0
        file = "2Gi"
        address_space = 4294967296
        processes = 100
        on_memory = "stop"
        on_cpu = "warn"
        on_other = "restart"
        [log]
        level = "debug"
        format = "json"
        [config.chat]
        room = "lobby"
        """
    )
    settings = place.load()
    assert settings.plugins == (place.here / "plugins", Path("/opt/plugins"), place.home / "plugins")
    assert settings.data == place.here / "state"
    assert not settings.autoload
    assert settings.warden == "off"
    assert not settings.polling
    assert settings.limits == Limits(
        512 * 1024**2, 1.5, 8, 64, 0, 2 * 1024**3, 4 * 1024**3, 100, "stop", "warn", "restart"
    )
    assert (settings.log.level, settings.log.format) == ("debug", "json")
    assert settings.config == {"chat": {"room": "lobby"}}
    assert set(settings.origins.values()) == {f"file {place.here / 'plughost.toml'}"}


def test_the_environment_may_set_everything_but_configuration(place: Place) -> None:
    settings = place.load(
        environ={
            "PLUGHOST_PLUGINS": os.pathsep.join(["a", "", "/b"]),
            "PLUGHOST_DATA": "~/data",
            "PLUGHOST_AUTOLOAD": "false",
            "PLUGHOST_POLLING": "false",
            "PLUGHOST_WARDEN": "off",
            "PLUGHOST_LIMITS_MEMORY": "1Gi",
            "PLUGHOST_LIMITS_CPU": "0.5",
            "PLUGHOST_LIMITS_THREADS": "12",
            "PLUGHOST_LIMITS_ON_MEMORY": "stop",
            "PLUGHOST_LOG_LEVEL": "error",
            "PLUGHOST_LOG_FORMAT": "json",
        }
    )
    assert settings.plugins == (place.here / "a", Path("/b"))
    assert settings.data == place.home / "data"
    assert not settings.autoload
    assert settings.warden == "off"
    assert settings.limits == Limits(memory_bytes=1024**3, cpu_cores=0.5, threads=12, on_memory="stop")
    assert (settings.log.level, settings.log.format) == ("error", "json")
    assert settings.origins["limits.memory"] == "environment PLUGHOST_LIMITS_MEMORY"


def test_the_command_line_takes_nested_tables_dotted_names_and_paths(place: Place) -> None:
    overrides: dict[str, Any] = {
        "plugins": (Path("x"),),
        "data": Path("/data"),
        "limits": {"cpu": 2},
        "limits.memory": "64m",
        "log.level": None,
        "config": {"chat": {"room": "hall"}},
        "config.chat.size": 3,
        "config.mail": {"port": 25},
    }
    settings = place.load(**overrides)
    assert settings.plugins == (place.here / "x",)
    assert settings.data == Path("/data")
    assert settings.limits == Limits(cpu_cores=2.0, memory_bytes=64 * 1024**2)
    assert settings.log.level == "info"
    assert settings.config == {"chat": {"room": "hall", "size": 3}, "mail": {"port": 25}}
    assert settings.origins["limits.cpu"] == settings.origins["config.chat.size"] == "command line"
    assert settings.origins["log.level"] == "default"


def test_the_later_source_wins_key_by_key(place: Place) -> None:
    place.write(
        """
        warden = "off"
        limits = {memory = "1m", cpu = 3, threads = 3}
        config.chat = {room = "file", size = 1}
        """
    )
    environ = {"PLUGHOST_LIMITS_CPU": "2", "PLUGHOST_LIMITS_THREADS": "2"}
    settings = place.load(None, environ, **{"limits.threads": 1, "config.chat.room": "line"})
    limits = settings.limits
    assert (limits.memory_bytes, limits.cpu_cores, limits.threads) == (1024**2, 2.0, 1)
    assert settings.config["chat"] == {"room": "line", "size": 1}
    assert [settings.origins[f"limits.{key}"].split()[0] for key in ("memory", "cpu", "threads", "file")] == [
        "file",
        "environment",
        "command",
        "default",
    ]


def test_the_file_is_looked_for_in_order(place: Place) -> None:
    def level(path: Path | None = None, **environ: str) -> str:
        return place.load(path, environ).log.level

    conf = place.home / "conf" / "plughost" / "plughost.toml"
    place.write("log.level = 'error'", conf)
    assert level() == "error"
    place.write("log.level = 'warning'")
    assert level() == "warning"
    place.write("log.level = 'debug'", place.here / "named.toml")
    assert level(PLUGHOST_CONFIG="named.toml") == "debug"
    place.write("log.level = 'info'", place.here / "explicit.toml")
    assert level(Path("explicit.toml"), PLUGHOST_CONFIG="named.toml") == "info"


def test_relative_paths_in_a_file_start_at_the_file(place: Place) -> None:
    path = place.write("plugins = ['mine']", place.home / "elsewhere" / "x.toml")
    assert place.load(path).plugins == (place.home / "elsewhere" / "mine",)


def test_a_user_without_a_home_folder_has_settings_all_the_same(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", nowhere)
    assert load_settings(environ={}, cwd=place.here).autoload


def test_without_arguments_the_process_itself_is_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.here)
    monkeypatch.setenv("PLUGHOST_DATA", "data")
    assert load_settings().data == place.here / "data"


def test_an_empty_variable_counts_as_not_set(place: Place) -> None:
    assert (
        place.load(environ={"PLUGHOST_DATA": "", "PLUGHOST_NONSENSE": "", "PLUGHOST_CONFIG": ""}).data is None
    )


@pytest.mark.parametrize(
    "variable", ["PLUGHOST_PLUGIN_ID", "PLUGHOST_SESSION", "PLUGHOST_DATA_DIR", "PLUGHOST_PROTOCOL_VERSIONS"]
)
def test_variables_that_plugins_are_given_are_passed_over(place: Place, variable: str) -> None:
    assert place.load(environ={variable: "x"}) == place.load()


def test_every_fault_of_every_source_is_listed(place: Place) -> None:
    faults = place.faults(
        "autoload = 1\nlimits.memory = '5 parsecs'\nlog = 3\n",
        {"PLUGHOST_LIMITS_CPU": "many"},
        warden="perhaps",
    )
    file = f"file {place.here / 'plughost.toml'}"
    assert [(fault["file"], fault["path"], fault["found"]) for fault in faults] == [
        (file, "autoload", "1"),
        (file, "limits.memory", "'5 parsecs'"),
        (file, "log", "3"),
        ("environment PLUGHOST_LIMITS_CPU", "limits.cpu", "'many'"),
        ("command line", "warden", "'perhaps'"),
    ]
    assert [fault["allowed"] for fault in faults][::4] == ["true or false", 'one of "auto", "off"']
    assert "512m" in faults[1]["allowed"]
    assert "1000m" in faults[3]["allowed"]


def test_the_message_shows_each_fault_on_a_line(place: Place) -> None:
    with pytest.raises(SettingsError) as caught:
        place.load(environ={"PLUGHOST_WARDEN": "x", "PLUGHOST_AUTOLOAD": "maybe"})
    assert str(caught.value).splitlines() == [
        "faulty settings:",
        "  environment PLUGHOST_AUTOLOAD: autoload: found 'maybe'; allowed: true or false",
        '  environment PLUGHOST_WARDEN: warden: found \'x\'; allowed: one of "auto", "off"',
    ]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("warder = 'off'", "did you mean warden?"),
        ("limits.memroy = 1", "did you mean limits.memory"),
        ("limits.memory_bytes = 1", "did you mean limits.memory"),
    ],
)
def test_an_unknown_key_is_a_fault_with_near_names(place: Place, text: str, near: str) -> None:
    (fault,) = place.faults(text)
    assert fault["found"] == "an unknown setting"
    assert fault["allowed"].startswith(near)


def test_an_unknown_key_without_near_names_is_told_all_names(place: Place) -> None:
    (fault,) = place.faults("zzz = 1")
    assert {"plugins", "limits.memory", "log.level", "config"} <= set(fault["allowed"].split(", "))


def test_an_unknown_variable_is_a_fault_with_near_names(place: Place) -> None:
    (fault,) = place.faults(environ={"PLUGHOST_LOG_LEVLE": "debug"})
    assert fault["file"] == "environment PLUGHOST_LOG_LEVLE"
    assert fault["allowed"].startswith("did you mean PLUGHOST_LOG_LEVEL")


@pytest.mark.parametrize(
    "text",
    [
        "plugins = 'one'",
        "plugins = [1]",
        "plugins = ['']",
        "data = ''",
        'data = "a\\u0000b"',
        "autoload = 'yes'",
        "limits.threads = '5'",
        "limits.threads = 0",
        "limits.threads = 1048577",
        "limits.children = -1",
        "limits.threads = true",
        "limits.on_cpu = 'explode'",
        "log.level = 'loud'",
        "config = 1",
        "config.chat = 1",
        "config.'no id' = {}",
    ],
)
def test_a_value_of_a_wrong_kind_is_one_fault(place: Place, text: str) -> None:
    assert len(place.faults(text)) == 1


@pytest.mark.parametrize(
    ("content", "allowed"),
    [(b"warden = ", "a TOML document in UTF-8"), (b"x = '\xff'", "a TOML document in UTF-8")],
)
def test_a_file_that_is_no_toml_is_a_fault(place: Place, content: bytes, allowed: str) -> None:
    (place.here / "plughost.toml").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        place.load()
    assert [fault["allowed"] for fault in caught.value.data["faults"]] == [allowed]


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_named_file_that_can_not_be_read_is_a_fault(place: Place, name: str) -> None:
    with pytest.raises(SettingsError, match="a file that can be read"):
        place.load(Path(name))
    with pytest.raises(SettingsError, match="a file that can be read"):
        place.load(environ={"PLUGHOST_CONFIG": name})


def test_a_long_value_is_shown_shortened(place: Place) -> None:
    (fault,) = place.faults(warden="x" * 1000)
    assert len(fault["found"]) == 80


def test_no_control_character_passes_through_a_fault(place: Place) -> None:
    faults = place.faults("\"\\u001b[2J\" = 1\nwarden = '''\\u001b'''\nlog.level = \"\\u001b\"")
    assert all(text.isprintable() for fault in faults for text in fault.values())


def test_a_secret_under_the_wrong_key_is_not_shown(place: Place) -> None:
    faults = place.faults("config.api_token = 'canary'\ntoken = 'canary'\nlog.password = 'canary'")
    assert len(faults) == 3
    assert "canary" not in str(faults)


def test_the_effective_settings_name_value_and_origin(place: Place) -> None:
    place.write("plugins = ['/a', '/b']\nlimits.memory = '64m'\nconfig.chat.room = 'lobby'")
    rows = {
        name: (shown, origin)
        for name, shown, origin in effective(place.load(None, {"PLUGHOST_AUTOLOAD": "0"}))
    }
    file = f"file {place.here / 'plughost.toml'}"
    assert rows["plugins"] == ("/a, /b", file)
    assert rows["limits.memory"] == ("64 MiB", file)
    assert rows["autoload"] == ("false", "environment PLUGHOST_AUTOLOAD")
    assert rows["data"] == ("not set", "default")
    assert rows["limits.cpu"] == ("1.0", "default")
    assert rows["config.chat.room"] == ("'lobby'", file)


def test_the_effective_settings_of_an_embedder_are_shown_without_origins() -> None:
    assert ("plugins", "none", "default") in effective(Settings())


def test_values_that_look_like_secrets_are_masked(place: Place) -> None:
    nested = {"list": [{"db_password": "canary"}]}
    chat = {"apiKey": "canary", "nested": nested, "TOKEN": 5, "room": "lobby"}
    settings = place.load(config={"chat": chat})
    rows = {name: shown for name, shown, _ in effective(settings)}
    assert rows["config.chat.apiKey"] == rows["config.chat.TOKEN"] == "'•••'"
    assert rows["config.chat.nested"] == "{'list': [{'db_password': '•••'}]}"
    assert rows["config.chat.room"] == "'lobby'"
    assert "canary" not in repr(settings)


def test_settings_can_not_be_changed(place: Place) -> None:
    settings = place.load(config={"chat": {"room": "lobby"}})
    with pytest.raises(TypeError):
        settings.config["chat"]["room"] = "other"  # type: ignore[index]
    with pytest.raises(TypeError):
        settings.origins["data"] = "nobody"  # type: ignore[index]
