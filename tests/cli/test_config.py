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


SCHEMA = """
[config_schema.properties]
mode = { type = "string", default = "slow" }
port = { type = "integer", minimum = 1 }
token = { type = "string", writeOnly = true }
deep = { type = "object", properties = { zip = { type = "string" } } }
"""


def plugin(shell: Shell) -> tuple[str, ...]:
    folder = shell.folder / "plugins" / "one"
    folder.mkdir(parents=True)
    (folder / "main.py").write_text("from plugin_sdk import Plugin\nclass One(Plugin): ...\n")
    head = 'id = "one"\nversion = "1.0.0"\nentry_point = "main.py"\n'
    (folder / "plugin.toml").write_text(head + SCHEMA)
    return ("--dir", str(folder), "--data", str(shell.folder / "data"))


def test_a_plugins_configuration_is_set_shown_and_taken_back(shell: Shell):
    options = plugin(shell)
    done = shell.run("config", "set", *options, "one", "mode=fast", "port=80", "deep.zip=01234")
    assert (done.code, done.out) == (0, "revision 1; used at the next start\n"), done.err
    shown = shell.run("config", "get", *options, "--json", "one")
    assert json.loads(shown.out) == {"mode": "fast", "port": 80, "deep": {"zip": "01234"}}
    assert shell.run("config", "unset", *options, "one", "mode").code == 0
    rows = json.loads(shell.run("config", "explain", *options, "--json", "one").out)
    assert {(row["key"], row["value"], row["origin"]) for row in rows} == {
        ("mode", "slow", "default"),
        ("port", 80, "set"),
        ("deep.zip", "01234", "set"),
    }
    assert shell.run("config", "undo", *options, "one").code == 0
    assert "mode  fast" in " ".join(shell.run("config", "get", *options, "one").out.split("\n"))
    history = shell.run("config", "history", *options, "one").out
    assert history.splitlines()[1].split()[0] == "3"
    assert shell.run("config", "undo", *options, "--to", "0", "one").code == 0
    assert json.loads(shell.run("config", "get", *options, "--json", "one").out) == {"mode": "slow"}


def test_a_secret_is_taken_from_a_file_or_stdin_and_never_as_an_argument(shell: Shell):
    options = plugin(shell)
    refused = shell.run("config", "set", *options, "one", "token=s3cr3t-value")
    assert refused.code == 2
    assert "token=@FILE" in refused.err
    assert "s3cr3t" not in refused.err
    assert shell.run("config", "set", *options, "one", 'deep={"api_token": "s3cr3t-value"}').code == 2
    done = shell.run("config", "set", *options, "one", "token=-", stdin="first-s3cr3t\n")
    assert done.code == 0, done.err
    (shell.folder / "token").write_text("s3cr3t-value\n")
    done = shell.run("config", "set", *options, "one", f"token=@{shell.folder / 'token'}")
    assert done.code == 0, done.err
    for words in (("get",), ("explain",), ("history",), ("get", "--json")):
        shown = shell.run("config", words[0], *options, *words[1:], "one")
        assert "•••" in shown.out
        assert "s3cr3t" not in shown.out + shown.err


def test_a_secret_of_the_settings_file_is_masked_by_its_plugins_schema(shell: Shell):
    options = plugin(shell)
    path = shell.folder / "plugins" / "one" / "plugin.toml"
    path.write_text(path.read_text() + "dsn = { type = 'string', x-secret = true }\n")
    (shell.folder / "plughost.toml").write_text(
        'plugins = ["plugins"]\n[config.one]\nmode = "open"\ndsn = "s3cr3t-value"\n'
    )
    for words in (
        ("config", "host"),
        ("config", "get", *options, "one"),
        ("config", "explain", *options, "one"),
    ):
        shown = shell.run(*words)
        assert shown.code == 0, shown.err
        assert "open" in shown.out
        assert "•••" in shown.out
        assert "s3cr3t" not in shown.out + shown.err


def test_what_does_not_fit_is_told_at_once_and_not_saved(shell: Shell):
    options = plugin(shell)
    for verb in ("validate", "set"):
        refused = shell.run("config", verb, *options, "one", "port=0", 'deep="flat"')
        assert refused.code == 3
        assert "invalid_configuration" in refused.err
        assert "port" in refused.err
        assert "deep" in refused.err
    assert shell.run("config", "validate", *options, "one", "port=1").out == "it fits its schema\n"
    assert json.loads(shell.run("config", "get", *options, "--json", "one").out) == {"mode": "slow"}
    assert shell.run("config", "get", *options, "two").code == 4


def test_where_there_is_no_schema_nothing_is_said_to_fit_one(shell: Shell):
    folder = shell.plugin("bare", "from plugin_sdk import Plugin\n\n\nclass Bare(Plugin): ...\n")
    options = ("--dir", str(folder), "--data", str(shell.folder / "data"))
    assert (
        shell.run("config", "validate", *options, "bare").out == "it has no schema, so that anything fits\n"
    )


def test_while_a_host_runs_it_is_asked(shell: Shell):
    options = plugin(shell)
    with shell.start("run", str(shell.folder / "plugins"), "--data", options[3]) as running:
        running.until("active")
        changed = shell.run("config", "set", *options, "one", "mode=fast")
        assert (changed.code, changed.out) == (0, "revision 1; in use\n")
        refused = shell.run("config", "set", *options, "one", "port=text")
        assert refused.code == 3
        assert "port" in refused.err
        history = shell.run("config", "history", *options, "one").out
        assert "plughost config (uid" in history
        assert shell.run("config", "undo", *options, "one").out == "revision 2; in use\n"


def test_a_key_alone_is_asked_for_and_only_at_a_terminal(shell: Shell):
    options = plugin(shell)
    nothing = shell.run("config", "set", *options, "one", "mode", "fast")
    assert nothing.code == 2
    assert "mode: found no value, and there is no terminal to ask at; give it as mode=VALUE" in nothing.err
    asked = shell.run("config", "set", *options, "one", "token")
    assert asked.code == 2
    assert "there is no terminal to ask at; give it as token=-" in asked.err


def test_a_secret_is_asked_for_at_a_terminal_and_not_shown(shell: Shell):
    options = plugin(shell)
    words = ("config", "set", *options, "one", "token")
    asked = shell.at_terminal(*words, answers=[("token: ", "canary-secret")])
    assert asked.code == 0
    assert "canary" not in asked.out
    told = shell.run("config", "get", *options, "one")
    assert "•••" in told.out
    assert "canary" not in told.out
