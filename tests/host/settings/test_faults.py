"""Settings that can't be used: every fault is listed, with its place, what was found and what is allowed."""

from pathlib import Path

import pytest

from host.errors import SettingsError
from tests.host.settings.conftest import Place


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


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ("host = 'mail'", "email.sender", "nothing"),
        ("sender = 'a@b'", "email.host", "nothing"),
        ("host = 'mail'\nsender = 'a@b'\npassword_file = 'gone'", "email.password_file", "No such file"),
        (
            "host = 'mail'\nsender = 'a@b'\nusername = 'x'\nsecurity = 'none'",
            "email.security",
            "over the network in the clear",
        ),
        ("host = 'mail'\nsender = 'a@b'\npassword = 'canary'", "email.password", "unknown"),
    ],
)
def test_a_mail_server_that_can_not_be_used_is_a_fault(
    place: Place, text: str, path: str, found: str
) -> None:
    (fault,) = place.faults(f"[email]\n{text}")
    assert fault["path"] == path
    assert found in fault["found"]
    assert "canary" not in str(fault)
