"""vscode-jsonrpc, with which an editor calls its language servers: a Node host that measures itself."""

import shutil
import subprocess
from functools import cache

from benchmarks.child_process import BUILD, ROOT
from benchmarks.contestant import Contestant

_SOURCES = ROOT / "benchmarks" / "children" / "node"
_PLACE = BUILD / "node"
_LOCK = "package-lock.json"
_INSTALL_S = 120.0


class VscodeJsonrpc(Contestant):
    """`connection.sendRequest` over the child's stdin and stdout."""

    name = "vscode-jsonrpc"
    about = "vscode-jsonrpc, Node on both sides: `connection.sendRequest` over stdio"

    @classmethod
    def unavailable(cls) -> str:
        return installed()

    @classmethod
    def command(cls) -> list[str]:
        return ["node", str(_PLACE / "host.js")]


@cache
def installed() -> str:
    """Install what its lock names, if that is not done; return why that was not possible."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "there is no node with npm"
    lock = _PLACE / _LOCK
    current = lock.is_file() and lock.read_bytes() == (_SOURCES / _LOCK).read_bytes()
    if not current or not (_PLACE / "node_modules" / "vscode-jsonrpc").is_dir():
        shutil.rmtree(_PLACE, ignore_errors=True)
        shutil.copytree(_SOURCES, _PLACE)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            done = subprocess.run(command, cwd=_PLACE, capture_output=True, text=True, timeout=_INSTALL_S)
        except subprocess.TimeoutExpired:
            return f"`npm ci` took longer than {_INSTALL_S:g} s"
        if done.returncode:
            return f"`npm ci` failed: {done.stderr.strip():.300}"
    for program in ("host.js", "plugin.js"):
        shutil.copyfile(_SOURCES / program, _PLACE / program)
    return ""
