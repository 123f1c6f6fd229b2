"""`plughost config edit`, with an editor that is a program: what it does to the text is told by each test."""

import json
import re
import stat
import sys
from pathlib import Path

from tests.cli.conftest import PLUGHOST, Finished, Shell
from tests.cli.test_config import plugin


def edited(shell: Shell, options: tuple[str, ...], *turns: str, json_too: bool = False) -> Finished:
    """Edit; each time that the editor is opened does one of the turns to `text`, the rest ends with 9."""
    more = ("--json",) if json_too else ()
    return shell.run(
        "config", "edit", *more, *options, "one", EDITOR=_editor(shell, turns), TMPDIR=str(shell.folder)
    )


def _editor(shell: Shell, turns: tuple[str, ...]) -> str:
    for number, turn in enumerate(turns):
        (shell.folder / f"turn-{number}").write_text(turn)
    program = shell.folder / "editor.py"
    program.write_text(
        "import pathlib, sys\n"
        f"folder = pathlib.Path({str(shell.folder)!r})\n"
        "path = pathlib.Path(sys.argv[-1])\n"
        "opened = folder / 'opened'\n"
        "number = int(opened.read_text()) if opened.exists() else 0\n"
        "opened.write_text(str(number + 1))\n"
        "(folder / 'place').write_text(str(path))\n"
        "(folder / 'modes').write_text(f'{path.stat().st_mode:o} {path.parent.stat().st_mode:o}')\n"
        "turn = folder / f'turn-{number}'\n"
        "if not turn.exists():\n"
        "    sys.exit(9)\n"
        "text = path.read_text()\n"
        "(folder / f'seen-{number}').write_text(text)\n"
        "names = {'text': text, 'folder': folder}\n"
        "exec(turn.read_text(), names)\n"
        "path.write_text(names['text'])\n"
    )
    return f"{sys.executable} {program}"


def values(shell: Shell, options: tuple[str, ...]) -> dict[str, object]:
    return json.loads(shell.run("config", "get", *options, "--json", "one").out)


def test_what_is_different_is_set_and_what_is_taken_out_is_unset(shell: Shell):
    options = plugin(shell)
    shell.run("config", "set", *options, "one", "port=80", "deep.zip=01234")
    done = edited(
        shell, options, "text = text.replace('\"slow\"', '\"fast\"').replace('\"zip\": \"01234\"', '')"
    )
    assert (done.code, done.err) == (0, "")
    assert "mode: slow -> fast" in done.out
    assert done.out.endswith("revision 2; used at the next start\n")
    assert values(shell, options) == {"mode": "fast", "port": 80}
    # One change, so one step back.
    shell.run("config", "undo", *options, "one")
    assert values(shell, options) == {"mode": "slow", "port": 80, "deep": {"zip": "01234"}}


def test_the_text_says_of_each_key_what_it_is_and_where_it_comes_from(shell: Shell):
    options = plugin(shell)
    shell.run("config", "set", *options, "one", "port=80")
    assert edited(shell, options, "").out == "nothing changed\n"
    seen = (shell.folder / "seen-0").read_text()
    assert "#   mode: string, from default" in seen
    assert "#   port: integer, from set" in seen


def test_a_secret_is_not_in_the_text_and_stays_unless_it_is_typed(shell: Shell):
    options = plugin(shell)
    shell.run("config", "set", *options, "one", "token=-", stdin="canary-secret")
    done = edited(shell, options, "text = text.replace('\"slow\"', '\"fast\"')")
    assert done.code == 0, done.err
    assert "canary" not in (shell.folder / "seen-0").read_text()
    assert "•••" in (shell.folder / "seen-0").read_text()
    database = shell.folder / "data" / "config.db"
    assert b"canary-secret" in database.read_bytes() + _beside(database)
    (shell.folder / "opened").unlink()
    done = edited(shell, options, "text = text.replace('•••\"\\n', 'other-secret\"\\n')")
    assert done.code == 0, done.err
    assert "other-secret" not in done.out
    assert "token: ••• -> •••" in done.out


def _beside(database: Path) -> bytes:
    log = database.with_name(database.name + "-wal")
    return log.read_bytes() if log.exists() else b""


def test_the_text_is_its_owners_alone_and_gone_afterwards(shell: Shell):
    options = plugin(shell)
    edited(shell, options, "text = text.replace('\"slow\"', '\"fast\"')")
    file, folder = (int(mode, 8) for mode in (shell.folder / "modes").read_text().split())
    assert (stat.S_IMODE(file), stat.S_IMODE(folder)) == (0o600, 0o700)
    assert not Path((shell.folder / "place").read_text()).parent.exists()


def test_what_does_not_fit_is_not_saved_and_the_text_stays_where_it_is_said(shell: Shell):
    options = plugin(shell)
    for turn, words in (
        ('text = text.replace(\'"slow"\', \'"fast", "port": 0, "token": 5\')', ("port", "token")),
        ("text = text.replace('\"slow\"', 'slow')", ("the text is no JSON", "mend it")),
        ("text = '[]'", ("the text is no table",)),
    ):
        refused = edited(shell, options, turn)
        assert refused.code in (2, 3), refused.err
        for word in words:
            assert word in refused.err
        [place] = re.findall(r"your text is in (\S+)", refused.err)
        assert Path(place).exists()
        (shell.folder / "opened").unlink()
    assert values(shell, options) == {"mode": "slow"}


def test_at_a_terminal_it_is_edited_again(shell: Shell):
    options = plugin(shell)
    shell.environment["EDITOR"] = _editor(
        shell,
        ('text = text.replace(\'"slow"\', \'"fast", "port": 0\')', "text = text.replace(': 0', ': 8080')"),
    )
    asked = shell.at_terminal("config", "edit", *options, "one", answers=[("edit it again?", "")])
    assert asked.code == 0, asked.out
    assert "port" in asked.out
    assert values(shell, options) == {"mode": "fast", "port": 8080}


def test_a_change_that_came_first_is_not_overwritten(shell: Shell):
    options = plugin(shell)
    words = [str(PLUGHOST), "config", "set", *options, "one", "port=1"]
    other = f"import subprocess; subprocess.run({words!r}, check=True)\n"
    refused = edited(shell, options, other + "text = text.replace('\"slow\"', '\"fast\"')")
    assert refused.code == 1, refused.err
    assert "has revision 1, not 0" in refused.err
    assert "somebody else changed it meanwhile" in refused.err
    [place] = re.findall(r"your text is in (\S+)", refused.err)
    assert '"fast"' in Path(place).read_text()
    assert values(shell, options) == {"mode": "slow", "port": 1}


def test_an_editor_that_fails_or_is_not_there_changes_nothing(shell: Shell):
    options = plugin(shell)
    failed = edited(shell, options)
    assert failed.code == 2
    assert "ended with 9, so nothing was changed" in failed.err
    missing = shell.run("config", "edit", *options, "one", EDITOR="/no/such/editor")
    assert missing.code == 2
    assert "can't be started" in missing.err
    assert "set VISUAL or EDITOR" in missing.err
    assert values(shell, options) == {"mode": "slow"}


def test_a_running_host_takes_it_over_at_once(shell: Shell):
    options = plugin(shell)
    with shell.start("run", str(shell.folder / "plugins"), "--data", options[3]) as running:
        running.until("active")
        done = edited(shell, options, "text = text.replace('\"slow\"', '\"fast\"')")
        assert (done.code, done.out) == (0, "mode: slow -> fast\nrevision 1; in use\n"), done.err
        (shell.folder / "opened").unlink()
        refused = edited(shell, options, 'text = text.replace(\'"fast"\', \'"fast", "port": 0\')')
        assert refused.code == 3
        assert "port: found 0; allowed: " in refused.err
        (shell.folder / "opened").unlink()
        done = edited(shell, options, "text = text.replace('\"fast\"', '\"slow\"')", json_too=True)
        assert json.loads(done.out)["revision"] == 2


def test_ctrl_c_is_a_key_of_the_editor_and_ends_nothing(shell: Shell):
    options = plugin(shell)
    turn = (
        "import os, signal\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
        "signal.signal(signal.SIGINT, lambda *_: None)\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "text = text.replace('\"slow\"', '\"fast\"')\n"
    )
    done = edited(shell, options, turn)
    assert done.code == 0, done.err
    assert values(shell, options) == {"mode": "fast"}
