"""`plughost reload`: a new run of a plugin in a host that runs."""

import psutil

from tests.cli.conftest import Shell

CODE = """
from plugin_sdk import Plugin, method


class Says(Plugin):
    @method
    def word(self) -> str:
        return "first"
"""


def test_a_plugin_is_reloaded_and_a_broken_one_is_told_and_goes_on(shell: Shell):
    folder = shell.plugin("says", CODE)
    data = shell.folder / "data"
    with shell.start("run", folder, "--data", data) as running:
        running.until("all loaded")
        (folder / "main.py").write_text(CODE.replace("first", "other"))
        done = shell.run("reload", "says", "--data", data)
        assert (done.code, done.out.startswith("says: active, pid ")) == (0, True), done.err
        pid = int(done.out.split("pid ")[1])
        assert shell.run("call", "says", "word", "--data", data).out.strip() == "other"
        (folder / "main.py").write_text(CODE.replace("class Says(Plugin)", "class Says(Plugin"))
        broken = shell.run("reload", "says", "--data", data)
        assert broken.code == 1
        assert "main.py" in broken.err
        assert "the run that serves goes on" in broken.err
        assert psutil.pid_exists(pid)
        assert shell.run("call", "says", "word", "--data", data).out.strip() == "other"
        audit = shell.run("events", "--filter", "kind:audit", "--data", data).out
        assert "plugin.reload" in audit
