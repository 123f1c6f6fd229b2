"""Where settings come from: defaults, a file, the environment, the command line; and which of them wins."""

import os
from pathlib import Path
from typing import Any

import pytest

from host.settings import MailSettings, Settings, load_settings
from host.settings.events import EventSettings
from protocol.manifest import Limits
from tests.host.settings.conftest import Place


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
        file_size = "2m"
        files = 5
        path = "host.log"
        [storage]
        quota = "3m"
        [events]
        keep_days = 1.5
        keep_size = "2Gi"
        [rate_limits]
        sessions = "100/s"
        [email]
        host = "mail.example.com"
        sender = "App <noreply@example.com>"
        port = 2525
        security = "tls"
        username = "app"
        password_file = "secret"
        templates = "templates"
        max_recipients = 3
        max_message = "10k"
        [config.chat]
        room = "lobby"
        """
    )
    place.write("let me in\n", place.here / "secret")
    settings = place.load()
    assert settings.rate_limits == {"sessions": "100/s"}
    assert settings.storage_quota_bytes == 3 * 1024**2
    assert settings.events == EventSettings(1.5, 2 * 1024**3)
    assert settings.email == MailSettings(
        "mail.example.com",
        "App <noreply@example.com>",
        2525,
        "tls",
        "app",
        "let me in",
        place.here / "templates",
        3,
        10_240,
    )
    assert settings.plugins == (place.here / "plugins", Path("/opt/plugins"), place.home / "plugins")
    assert settings.data == place.here / "state"
    assert not settings.autoload
    assert settings.warden == "off"
    assert not settings.polling
    assert settings.limits == Limits(
        512 * 1024**2, 1.5, 8, 64, 0, 2 * 1024**3, 4 * 1024**3, 100, None, "stop", "warn", "restart"
    )
    assert (settings.log.level, settings.log.format) == ("debug", "json")
    assert (settings.log.file_bytes, settings.log.files) == (2 * 1024**2, 5)
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
