import json

from tests.cli.conftest import EXAMPLES, Shell

EMPTY = "from plugin_sdk import Plugin\n\n\nclass Sample(Plugin): ...\n"
THREE_FAULTS = 'id = "Three"\nversion = "soon"\ntype = "nope"\nentry_point = "main.py"\n'


def test_a_good_plugin_is_ok(shell: Shell):
    shown = shell.run("validate", EXAMPLES / "hello")
    assert shown.code == 0
    assert shown.out == f"ok    hello 1.0.0  {EXAMPLES / 'hello'}\n"


def test_every_example_is_ok(shell: Shell):
    shown = shell.run("validate", EXAMPLES)
    assert shown.code == 0
    folders = [folder for folder in EXAMPLES.iterdir() if (folder / "plugin.toml").is_file()]
    assert shown.out.count("ok    ") == len(folders)


def test_a_manifest_with_three_faults_lists_all_three(shell: Shell):
    folder = shell.plugin("three", "")
    (folder / "plugin.toml").write_text(THREE_FAULTS)
    shown = shell.run("validate", folder)
    assert shown.code == 3
    head, *faults = shown.out.splitlines()
    assert head == f"BAD   {folder}: 3 faults"
    assert len(faults) == 3
    for key, found, allowed in (
        ("id", "'Three'", "a-z, 0-9, _ and -"),
        ("version", "'soon'", "a version such as 1.2.0"),
        ("type", "'nope'", "extension"),
    ):
        [line] = [line for line in faults if line.startswith(f"      plugin.toml: {key}: ")]
        assert f"found {found}; allowed: " in line
        assert allowed in line


def test_as_json_each_plugin_is_one_object(shell: Shell):
    shell.plugin("good", "")
    (shell.plugin("three", "") / "plugin.toml").write_text(THREE_FAULTS)
    shown = shell.run("validate", shell.folder, "--json")
    assert shown.code == 3
    good, bad = map(json.loads, shown.out.splitlines())
    assert (good["id"], good["faults"], good["folder"]) == ("good", [], str(shell.folder / "good"))
    assert bad["folder"] == str(shell.folder / "three")
    assert {fault["path"] for fault in bad["faults"]} == {"id", "version", "type"}
    for fault in bad["faults"]:
        assert fault["file"] == "plugin.toml"
        assert fault["found"]
        assert fault["allowed"]


def test_what_is_not_met_here_is_said_and_no_fault(shell: Shell):
    folder = shell.plugin("future", EMPTY, '[requires]\nplughost = ">=999"\n')
    shown = shell.run("validate", folder)
    assert shown.code == 0
    assert "not met here: " in shown.out
    assert "999" in shown.out


def test_a_folder_without_plugins_is_nothing_found(shell: Shell):
    shown = shell.run("validate", shell.folder)
    assert (shown.code, shown.out) == (4, "")
    assert "no plugin found" in shown.err
    assert "plugin.toml" in shown.err


def test_a_folder_that_is_not_there_is_a_fault(shell: Shell):
    shown = shell.run("validate", "nowhere")
    assert shown.code == 3
    assert "nowhere" in shown.out


def test_control_characters_of_a_manifest_are_written_out(shell: Shell):
    folder = shell.plugin("loud", "")
    (folder / "plugin.toml").write_text(
        'id = "lo\\u001b[31mud"\nversion = "1.0.0"\nentry_point = "main.py"\n'
    )
    shown = shell.run("validate", folder)
    assert shown.code == 3
    assert "\x1b" not in shown.out
    assert "31mud" in shown.out


def test_a_blob_is_checked_like_a_folder(shell: Shell):
    manifest = {"name": "blob", "version": "1.0.0", "main": "main.py"}
    good, bad = shell.folder / "good.json", shell.folder / "bad.json"
    good.write_text(json.dumps({"manifest": manifest, "files": {"main.py": EMPTY}}))
    bad.write_text(json.dumps({"manifest": manifest | {"main": "index.js"}, "files": {"../x": ""}}))
    shown = shell.run("validate", good, bad)
    assert shown.code == 3
    assert shown.out.startswith(f"ok    blob 1.0.0  {good}\nBAD   {bad}: 2 faults\n")
    assert "JavaScript plugin: port the entry point" in shown.out


def test_a_manifests_file_stands_for_its_folder_and_its_warnings_are_shown(shell: Shell):
    folder = shell.plugin("boxed", EMPTY)
    (folder / "plugin.toml").unlink()
    (folder / "manifest.json").write_text('{"name": "boxed", "version": "1", "image": "x:1"}')
    shown = shell.run("validate", folder / "manifest.json")
    assert shown.code == 0
    assert "      warning: manifest.json: image: kept, and not used" in shown.out


UNSURE = """\
from plugin_sdk import Plugin, method


class Sample(Plugin):
    @method
    async def run(self, text: str) -> None:
        eval(text)
        await self.notify.admins(title="ran", message=text)
"""


def test_the_code_is_checked_without_being_run(shell: Shell):
    folder = shell.plugin("unsure", UNSURE)
    shown = shell.run("validate", folder)
    assert shown.code == 3
    head, risk, denied = shown.out.splitlines()
    assert head == f"BAD   unsure 1.0.0  {folder}: 1 fault"
    assert risk.startswith("      main.py:7: warning [dangerous-call] eval runs")
    assert denied.startswith("      main.py:8: fault [permission-undeclared] self.notify.admins(...) needs")


def test_warnings_of_the_code_are_no_faults_unless_they_are_to_be(shell: Shell):
    folder = shell.plugin("unsure", UNSURE, 'permissions = ["notifications:send"]\n')
    assert shell.run("validate", folder).code == 0
    assert shell.run("validate", "--strict", folder).code == 3


def test_findings_are_in_the_json_with_file_and_line(shell: Shell):
    shown = shell.run("validate", "--json", shell.plugin("unsure", UNSURE))
    [risk, denied] = json.loads(shown.out)["findings"]
    assert (risk["file"], risk["line"], risk["level"], risk["rule"]) == (
        "main.py",
        7,
        "warning",
        "dangerous-call",
    )
    assert denied["remedy"] == 'add "notifications:send:admins" to permissions in the manifest'


def test_nothing_of_the_plugin_is_run(shell: Shell):
    source = f"open({str(shell.folder / 'ran')!r}, 'w').close()\n" + EMPTY
    assert shell.run("validate", shell.plugin("runs", source)).code == 0
    assert not (shell.folder / "ran").exists()


def test_the_code_of_a_blob_is_checked_too(shell: Shell):
    blob = shell.folder / "blob.json"
    manifest = {"name": "blob", "version": "1.0.0", "main": "main.py"}
    blob.write_text(json.dumps({"manifest": manifest, "files": {"main.py": UNSURE}}))
    shown = shell.run("validate", blob)
    assert shown.code == 3
    assert "main.py:8: fault [permission-undeclared]" in shown.out


def test_a_permission_near_a_known_one_is_a_warning_and_no_fault(shell: Shell):
    folder = shell.plugin("near", EMPTY, 'permissions = ["storag:use"]\n')
    shown = shell.run("validate", folder)
    assert shown.code == 0
    assert "warning: plugin.toml: permissions: storag:use " in shown.out
    assert "did you mean storage?" in shown.out


def test_a_cron_line_that_cannot_be_read_is_a_fault(shell: Shell):
    folder = shell.plugin("timed", EMPTY, '[[schedules]]\ncron = "99 * * * *"\nhandler = "x"\n')
    shown = shell.run("validate", folder)
    assert shown.code == 3
    assert "schedules.0.cron: found '99 * * * *'; allowed: 0 to 59 for the minute" in shown.out


def test_what_is_wrong_with_schedules_is_told_with_everything_else(shell: Shell):
    rows = (
        'cron = "99 * * * *"',
        'cron = "1 * * * *"\ntz = "Mars/Base"',
        "",
        'every = "1ms"',
        'every = "1h"\ntz = "UTC"',
    )
    schedules = "".join(f'[[schedules]]\nhandler = "x"\n{row}\n' for row in rows)
    shown = shell.run("validate", shell.plugin("timed", EMPTY, f"name = 5\n{schedules}"), "--json")
    faults = {one["path"]: one["allowed"] for one in json.loads(shown.out)["faults"]}
    assert faults == {
        "name": "a text",
        "schedules.0.cron": "0 to 59 for the minute",
        "schedules.1.tz": "a time zone such as Europe/Berlin",
        "schedules.2": "either every or cron",
        "schedules.3.every": "0.1 s to 366 days",
        "schedules.4": "no time zone beside a period",
    }


def test_what_a_host_would_refuse_before_any_code_runs_is_told_at_once(shell: Shell):
    code = "from plugin_sdk import Plugin, widget\n\nclass One(Plugin):\n"
    schema = "[config_schema.properties]\na.type = 'integer'\nb = {type = 'object', required = ['c']}\n"
    hooks = 'hooks = [{hook = "a.b", handler = "guard"}]\n'
    manifest = f"{hooks}[config_schema]\nadditionalProperties = false\n{schema}"
    folder = shell.plugin("one", f"{code}    @widget('known')\n    async def w(self): ...\n", manifest)
    (folder / "config").mkdir()
    (folder / "config" / "default.json").write_text('{"a": "x", "b": {}, "d": 2}')
    rows = "".join(
        f"  - {{slot: sidebar-mid, title: T, source: {name}}}\n" for name in ("known", "hello", "none.md")
    )
    (folder / "ui.yaml").write_text(f"sections:\n{rows}")
    shown = shell.run("validate", folder)
    assert shown.code == 3
    told = shown.out.splitlines()[1:]
    assert len(told) == 5
    for place, said in (
        ("config/default.json", "[configuration] a: found 'x'; allowed: integer"),
        ("config/default.json", "[configuration] d: found an unknown key; allowed: a, b"),
        ("plugin.toml", "[interface] section 'sidebar-mid-2': component: found 'hello'"),
        ("plugin.toml", "[interface] section 'sidebar-mid-3': component: found 'none.md'"),
        ("plugin.toml", "[handler-missing] the manifest's hook 'a.b' is handled by guard"),
    ):
        assert any(line.startswith(f"      {place}: fault {said}") for line in told)


def test_what_a_section_shows_is_not_doubted_where_its_widget_can_not_be_read(shell: Shell):
    code = "from plugin_sdk import Plugin, widget\n\nclass One(Plugin):\n"
    folder = shell.plugin("one", f"{code}    @widget(str(1))\n    async def w(self): ...\n")
    (folder / "ui.yaml").write_text("sections:\n  - {slot: sidebar-mid, title: T, source: hello}\n")
    assert shell.run("validate", folder).code == 0


def test_kind_in_a_manifest_is_told_to_be_type(shell: Shell):
    folder = shell.plugin(
        "one", "from plugin_sdk import Plugin\n\nclass One(Plugin): ...\n", 'kind = "security"\n'
    )
    done = shell.run("validate", folder)
    assert done.code != 0
    assert "found the unknown key 'kind'; did you mean type?" in done.out
