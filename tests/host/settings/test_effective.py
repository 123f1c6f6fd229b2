"""Settings as they are in force: shown with where they came from, secrets masked, not to be changed."""

import pytest

from host.settings import Settings, effective
from tests.host.settings.conftest import Place


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


def test_a_mail_password_is_not_shown(place: Place) -> None:
    place.write("canary", place.here / "secret")
    place.write("[email]\nhost = 'mail'\nsender = 'a@b'\npassword_file = 'secret'")
    rows = {name: shown for name, shown, _ in effective(place.load())}
    assert rows["email.host"] == "mail"
    assert rows["email.username"] == "not set"
    assert rows["email.password_file"] == "•••"
    assert "canary" not in str(rows)
