import json

from tests.cli.conftest import Finished, Shell


def test_each_setting_says_where_it_came_from(shell: Shell):
    (shell.folder / "plughost.toml").write_text(
        'warden = "off"\nautoload = false\n[limits]\nmemory = "64m"\n'
    )
    rows = _rows(shell.run("config", "host", PLUGHOST_AUTOLOAD="true"))
    assert rows["warden"] == ["off", "file", str(shell.folder / "plughost.toml")]
    assert rows["limits.memory"][:4] == ["64", "MiB", "file", str(shell.folder / "plughost.toml")]
    assert rows["autoload"] == ["true", "environment", "PLUGHOST_AUTOLOAD"]
    assert rows["log.level"] == ["info", "default"]


def test_as_json_a_setting_is_an_object(shell: Shell):
    shown = shell.run("config", "host", "--json", PLUGHOST_LOG_LEVEL="debug")
    assert shown.code == 0
    [level] = [row for row in json.loads(shown.out) if row["name"] == "log.level"]
    assert level == {"name": "log.level", "value": "debug", "origin": "environment PLUGHOST_LOG_LEVEL"}


def test_secrets_are_masked(shell: Shell):
    (shell.folder / "plughost.toml").write_text(
        '[config.mailer]\nserver = "mail.example"\napi_token = "s3cr3t-value"\n'
    )
    for options in ((), ("--json",)):
        shown = shell.run("config", "host", *options)
        assert shown.code == 0
        assert "mail.example" in shown.out
        assert "config.mailer.api_token" in shown.out
        assert "s3cr3t" not in shown.out + shown.err


def test_a_named_file_is_read_in_place_of_the_one_here(shell: Shell):
    (shell.folder / "plughost.toml").write_text('warden = "off"\n')
    (shell.folder / "other.toml").write_text("autoload = false\n")
    rows = _rows(shell.run("config", "host", "--config", "other.toml"))
    assert rows["warden"] == ["auto", "default"]
    assert rows["autoload"] == ["false", "file", str(shell.folder / "other.toml")]


def test_faulty_settings_are_all_listed(shell: Shell):
    (shell.folder / "plughost.toml").write_text('warden = "maybe"\nautolaod = true\n')
    shown = shell.run("config", "host", PLUGHOST_LOG_LEVEL="loud")
    assert (shown.code, shown.out) == (3, "")
    assert "error [invalid_settings]" in shown.err
    for word in ("warden", "maybe", "autolaod", "did you mean autoload", "PLUGHOST_LOG_LEVEL", "loud"):
        assert word in shown.err


def _rows(shown: Finished) -> dict[str, list[str]]:
    assert shown.code == 0, shown.err
    head, *lines = shown.out.splitlines()
    assert head.split() == ["SETTING", "VALUE", "FROM"]
    return {line.split()[0]: line.split()[1:] for line in lines}
