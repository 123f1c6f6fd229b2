"""What keeps the protocol passes, and what does not is told in which point, whatever it is written in."""

import shutil
import sys
from pathlib import Path

import pytest

from plugin_sdk.testing import assert_conforms, check_conformance
from plugin_sdk.testing.plugin_folder import FolderFault

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "plugins"

LOOP = """\
import json, sys
for line in sys.stdin:
    try:
        asked = json.loads(line)
    except ValueError:
        {on_junk}
        continue
    if "id" not in asked:
        continue
    name, answer = asked["method"], {{"result": {{}}}}
    if name == "plugin.initialize":
        if asked["params"]["protocol_versions"] == "none":
            answer = {{"error": {{"code": -32602, "message": "bad"}}}}
        else:
            answer = {{"result": {{"protocol_version": {version}, "methods": []}}}}
    elif not name.startswith("plugin."):
        answer = {unknown}
    print(json.dumps({{"jsonrpc": "2.0", "id": asked["id"], **answer}}), flush=True)
{behind}
"""
GOOD = {
    "on_junk": "pass",
    "version": "1",
    "unknown": '{"error": {"code": -32601, "message": "no"}}',
    "behind": "",
}


def written(folder: Path, **other: str) -> Path:
    command = [sys.executable, "plugin.py"]
    (folder / "plugin.toml").write_text(f'id = "sample"\nversion = "1"\ncommand = {command!r}\n')
    (folder / "plugin.py").write_text(LOOP.format(**GOOD | other))
    return folder


@pytest.mark.parametrize("name", ["hello", "streamer", "counter", "plain_python", "node"])
def test_the_examples_conform(name: str):
    if name == "node" and shutil.which("node") is None:
        pytest.skip("node is not installed")
    assert_conforms(EXAMPLES / name)


def test_a_plugin_in_any_language_conforms(tmp_path: Path):
    assert_conforms(written(tmp_path))


@pytest.mark.parametrize(
    ("other", "check"),
    [
        ({"on_junk": "sys.exit(3)"}, "a line that is no JSON does not end it"),
        ({"version": "99"}, "plugin.initialize is answered"),
        ({"unknown": '{"result": None}'}, "an unknown method is answered by method_not_found"),
        ({"behind": "sys.exit(4)"}, "it ends once stdin is closed"),
        ({"on_junk": "print('what?', flush=True)"}, "it sends nothing that is no message of the protocol"),
    ],
)
async def test_what_does_not_is_told_in_which_point(other: dict[str, str], check: str, tmp_path: Path):
    result = await check_conformance(written(tmp_path, **other))
    assert check in [one.name for one in result.failed]


async def test_the_assertion_names_the_point_and_what_was_done_instead(tmp_path: Path):
    with pytest.raises(AssertionError, match="it ends once stdin is closed: its exit code was 4"):
        assert_conforms(written(tmp_path, behind="sys.exit(4)"))


def test_where_there_is_no_plugin_it_says_so(tmp_path: Path):
    with pytest.raises(FolderFault):
        assert_conforms(tmp_path)


def test_a_program_that_can_not_be_started_is_no_plugin(tmp_path: Path):
    (tmp_path / "plugin.toml").write_text('id = "x"\nversion = "1"\ncommand = ["/no/such/program"]\n')
    with pytest.raises(FolderFault, match="can't be started"):
        assert_conforms(tmp_path)
