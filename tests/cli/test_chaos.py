import json
from typing import Any

import pytest

from host.devtools.chaos.catalogue import FAULTS
from tests.cli.conftest import EXAMPLES, Shell
from tests.cli.weak import Weak
from tests.cli.weak_plugins import WEAK

pytestmark = pytest.mark.timeout(120)

NEVER_FAILS = {"config-outside", "killed-in-call"}
"""`config-outside` is the host's to bear; what fails `killed` fails `killed-in-call` too."""


def findings(text: str) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in text.splitlines())


@pytest.mark.timeout(300)
def test_a_robust_plugin_that_has_one_of_everything_bears_every_fault(shell: Shell):
    done = shell.run("chaos", EXAMPLES / "sturdy", "--json", "--seed", "7")
    *found, summary = findings(done.out)
    assert [one["name"] for one in found if one["outcome"] != "passed"] == [], done.out
    assert done.code == 0
    assert [one["name"] for one in found] == [fault.name for fault in FAULTS]
    assert summary == {
        "plugin": "sturdy",
        "seed": 7,
        "passed": len(FAULTS),
        "failed": 0,
        "not applicable": 0,
        "failures": [],
    }


@pytest.mark.parametrize("weak", WEAK, ids=[weak.fault for weak in WEAK])
def test_a_plugin_that_does_not_bear_a_fault_is_caught_and_told_how_to_mend_it(shell: Shell, weak: Weak):
    folder = shell.folder / "weak"
    folder.mkdir()
    start = 'command = ["python3", "main.py"]\n' if weak.plain else 'entry_point = "main:Weak"\n'
    (folder / "plugin.toml").write_text(f'id = "weak"\nversion = "1.0.0"\n{start}{weak.manifest}')
    (folder / "main.py").write_text(weak.source)
    done = shell.run("chaos", folder, "--only", weak.fault, "--json", "--seed", "1")
    found, summary = findings(done.out)
    assert (found["name"], found["outcome"]) == (weak.fault, "failed"), done.out + done.err
    assert weak.said in found["happened"]
    assert all(found[key] for key in ("does", "expected", "mend"))
    assert summary["failures"] == [weak.fault]
    assert done.code == 1


def test_every_fault_that_a_plugin_can_fail_has_a_plugin_that_fails_it():
    assert {weak.fault for weak in WEAK} | NEVER_FAILS == {fault.name for fault in FAULTS}


def test_what_happened_what_was_expected_and_what_the_plugin_said_is_told_to_people(shell: Shell):
    code = "from plugin_sdk import Plugin, method\n\nclass P(Plugin):\n    @method\n"
    code += "    async def shout(self, text: str | None) -> str:\n        return text.upper()\n"
    folder = shell.plugin("loud", code)
    done = shell.run("chaos", folder, "--only", "params-null", "--only", "hooks-odd")
    assert done.code == 1
    assert "BAD  params-null          shout of {'text': None}: plugin_incident" in done.out
    for word in ("done:", "expected:", "to mend:", "it said:", "AttributeError"):
        assert word in done.out
    assert "-    hooks-odd            it takes part in no hook" in done.out
    assert "loud: 0 passed, 1 failed, 1 not applicable" in done.out
    assert done.err == ""


def test_what_it_said_before_a_fault_is_no_part_of_what_it_said_under_it(shell: Shell):
    code = "import os, sys\nfrom plugin_sdk import Plugin, method\n\nclass P(Plugin):\n    @method\n"
    code += "    async def shout(self, text: str | None) -> str:\n"
    code += "        if text is None:\n            print('too early', file=sys.stderr)\n        return 'x'\n"
    code += "    @method\n    async def end(self) -> None:\n"
    code += "        print('farewell', file=sys.stderr, flush=True)\n        os._exit(3)\n"
    folder = shell.plugin("loud", code)
    done = shell.run("chaos", folder, "--only", "params-null", "--only", "storage-full", "--json")
    before, failed, *_ = findings(done.out)
    assert (before["outcome"], failed["outcome"]) == ("passed", "failed")
    assert "exited with code 3" in failed["happened"]
    assert "farewell" in failed["said"]
    assert "too early" not in "".join((*failed["said"], failed["happened"]))


def test_what_fails_without_a_fault_is_told_once_and_is_no_failure_of_each_fault(shell: Shell):
    code = "import os\nfrom plugin_sdk import Plugin, method\n\nclass P(Plugin):\n"
    code += "    @method\n    async def end(self) -> None:\n        os._exit(3)\n"
    folder = shell.plugin("loud", code)
    faults = ("storage-full", "disk-full", "few-descriptors")
    done = shell.run("chaos", folder, *(word for name in faults for word in ("--only", name)), "--json")
    *found, summary = findings(done.out)
    assert [(one["name"], one["outcome"]) for one in found] == [
        ("no-fault", "failed"),
        *((name, "not applicable") for name in faults),
    ]
    assert "last call end" in found[0]["happened"]
    assert "see no-fault" in found[1]["happened"]
    assert summary["failures"] == ["no-fault"]
    assert done.code == 1


def test_the_same_seed_makes_the_same_tries(shell: Shell):
    code = "from typing import Any\nfrom plugin_sdk import Plugin, method\n\nclass P(Plugin):\n    @method\n"
    code += "    async def shout(self, text: Any) -> str:\n        return text.upper()\n"
    folder = shell.plugin("loud", code)

    def happened(seed: int) -> Any:
        done = shell.run("chaos", folder, "--only", "params-wrong-type", "--json", "--seed", str(seed))
        return findings(done.out)[0]["happened"].partition("incident ")[0]

    assert happened(3) == happened(3)
    assert len({happened(seed) for seed in range(3, 9)}) > 1


def test_the_list_names_each_fault_and_needs_no_plugin(shell: Shell):
    done = shell.run("chaos", "--list", "--json")
    assert done.code == 0
    assert [one["name"] for one in findings(done.out)] == [fault.name for fault in FAULTS]
    assert len(FAULTS) >= 20
    assert "killed-in-call" in shell.run("chaos", "--list").out


def test_what_can_not_be_done_is_refused_before_anything_runs(shell: Shell):
    unknown = shell.run("chaos", EXAMPLES / "counter", "--only", "earthquake")
    assert unknown.code == 2
    assert "there is no fault 'earthquake'" in unknown.err
    nothing = shell.run("chaos")
    assert nothing.code == 2
    assert "Give its folder" in nothing.err
    theme = shell.folder / "dark"
    theme.mkdir()
    (theme / "plugin.toml").write_text('id = "dark"\nversion = "1.0.0"\ntype = "theme"\n')
    contributes = shell.run("chaos", theme)
    assert contributes.code == 2
    assert "only contributes" in contributes.err
