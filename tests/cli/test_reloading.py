import signal

from tests.cli.conftest import EXAMPLES, Running, Shell

SETTINGS = """
data = "data"
plugins = ["%s"]
[log]
level = "%s"
[config.hello]
greeting = "%s"
"""


def _write(shell: Shell, level: str, greeting: str, rest: str = "", plugin: str = "hello") -> None:
    text = SETTINGS % (EXAMPLES / plugin, level, greeting) + rest
    (shell.folder / "plughost.toml").write_text(text)


def _end(running: Running) -> None:
    running.signal(signal.SIGTERM)
    assert running.end().code == 0


def test_sighup_applies_what_can_change_and_names_what_needs_a_restart(shell: Shell):
    _write(shell, "info", "Moin")
    with shell.start("run") as running:
        running.until("hello is ready  greeting=Moin")
        running.until("^all loaded$")
        _write(shell, "debug", "Hej", '[storage]\nquota = "1MiB"\n')
        running.signal(signal.SIGHUP)
        line = running.until("the settings were read again.*").group()
        assert "config.hello" in line
        assert "log.level" in line
        running.until("started anew  settings=storage_quota_bytes")
        _end(running)


def test_faulty_settings_leave_the_old_ones(shell: Shell):
    _write(shell, "info", "Moin")
    with shell.start("run") as running:
        running.until("^all loaded$")
        _write(shell, "loud", "Hej")
        running.signal(signal.SIGHUP)
        running.until("not reloaded, the old ones go on")
        running.until("log.level: found 'loud'")
        _write(shell, "info", "Moin")
        running.signal(signal.SIGHUP)
        assert "applied" not in running.until("the settings were read again.*").group()
        _end(running)


def test_another_plugin_folder_is_looked_in(shell: Shell):
    _write(shell, "info", "Moin")
    with shell.start("run") as running:
        running.until("^all loaded$")
        _write(shell, "info", "Moin", plugin="counter")
        running.signal(signal.SIGHUP)
        line = running.until("the settings were read again.*").group()
        assert "applied=plugins" in line
        assert "found=counter" in line
        _end(running)
