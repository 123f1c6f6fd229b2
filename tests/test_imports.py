"""What an import loads, and where the platform may be asked for."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

MAY_ASK = (
    "host/process/",
    "host/sandbox/",
    "host/paths.py",
    "host/plugin_host.py",
    "host/state/lock.py",
    "plugin_sdk/runtime/",
)
"""Where a system's own ways are known: how processes are started, bounded, ended and told apart, where
folders lie, how a file is locked; and, in `plugin_host`, whether there is a warden at all."""

ATTRIBUTES = {"sys.platform", "os.name", "os.uname", "sys.getwindowsversion", "signal.pidfd_send_signal"}
MODULES = {"fcntl", "platform", "ctypes", "resource"}
NOT_OF_THE_SYSTEM = {"platform.python_version"}


def test_the_host_loads_its_parts_when_they_are_asked_for():
    assert _loaded("import host", "host") == ["host"]
    assert "host.plugin_host" not in _loaded("from host import PluginNotFound", "host")
    assert "host.plugin_host" in _loaded("from host import PluginHost", "host")


def test_every_public_name_of_the_host_can_be_had():
    assert _loaded("import host; [getattr(host, name) for name in host.__all__]", "host")


def test_the_version_is_said_without_the_monitor():
    assert _loaded("import host.cli.main", "textual") == []
    assert _loaded("import host.facade.filters", "textual") == []
    assert _loaded("import host.tui", "textual") == []


def test_the_wire_contract_loads_without_an_event_loop():
    assert _loaded("import protocol.jsonrpc, protocol.methods, protocol.signatures", "asyncio") == []


def test_nobody_else_asks_for_the_platform():
    asking = {
        str(file.relative_to(ROOT)): found
        for package in ("host", "plugin_sdk", "protocol")
        for file in sorted((ROOT / package).rglob("*.py"))
        if (found := sorted(_platform_words(ast.parse(file.read_text(), str(file)))))
    }
    assert "plugin_sdk/runtime/warden.py" in asking
    assert {name: found for name, found in asking.items() if not name.startswith(MAY_ASK)} == {}


def test_a_question_for_the_platform_is_found():
    for source in (
        "import sys\nif sys.platform == 'linux': pass",
        "from sys import platform",
        "import fcntl",
        "def late():\n    from fcntl import flock",
        "import platform\nplatform.system()",
        "open('/proc/self/stat')",
        "open(f'/proc/{pid}/stat')",
        "libc.prctl(1)",
        "import os\nos.uname()",
    ):
        assert set(_platform_words(ast.parse(source))), source
    for source in (
        '"""Reads nothing in /proc."""',
        "import platform\nplatform.python_version()",
        "import sys\nsys.argv",
    ):
        assert not set(_platform_words(ast.parse(source))), source


def _loaded(statement: str, top: str) -> list[str]:
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    return [name for name in json.loads(done.stdout) if name.partition(".")[0] == top]


def _platform_words(tree: ast.Module) -> Iterator[str]:
    """Yield what in a module speaks of one operating system; docstrings and comments may."""
    sentences = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                # `import platform` alone asks nothing; what is taken from it does.
                yield from (alias.name for alias in names if alias.name in MODULES - {"platform"})
            case ast.ImportFrom(module=str(module), names=names):
                full = {f"{module}.{alias.name}" for alias in names}
                yield from full & ATTRIBUTES
                yield from () if module not in MODULES else full - NOT_OF_THE_SYSTEM
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute):
                full_name = f"{owner}.{attribute}"
                if full_name in ATTRIBUTES or (owner in MODULES and full_name not in NOT_OF_THE_SYSTEM):
                    yield full_name
                elif attribute == "prctl":
                    yield attribute
            case ast.Attribute(attr="prctl"):
                yield "prctl"
            case ast.Constant(value=str(text)) if id(node) not in sentences and text.startswith("/proc"):
                yield text
            case _:
                pass
