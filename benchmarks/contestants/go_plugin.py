"""hashicorp/go-plugin: a Go host that measures itself, and a Go plugin; over net/rpc and over gRPC.

Built against Debian's packages, which lie in a GOPATH; nothing is fetched for it.
"""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import ClassVar

from benchmarks.child_process import BUILD, ROOT
from benchmarks.contestant import Contestant

_SOURCES = ROOT / "benchmarks" / "children" / "go"
_GOPATH = Path("/usr/share/gocode")
"""Where Debian's Go libraries are."""

_NEEDED = {
    "github.com/hashicorp/go-plugin": "golang-github-hashicorp-go-plugin-dev",
    "google.golang.org/grpc": "golang-google-grpc-dev",
}
_BUILD_S = 300.0


class GoNetRpc(Contestant):
    """go-plugin's older protocol."""

    name = "go-netrpc"
    about = "hashicorp/go-plugin over net/rpc, Go on both sides: `client.Call`"
    protocol: ClassVar[str] = "netrpc"

    @classmethod
    def unavailable(cls) -> str:
        return built()

    @classmethod
    def command(cls) -> list[str]:
        return [str(BUILD / "go-host"), str(BUILD / "go-plugin"), cls.protocol]


class GoGrpc(GoNetRpc):
    """go-plugin's newer protocol."""

    name = "go-grpc"
    about = "hashicorp/go-plugin over gRPC, Go on both sides: a unary method"
    protocol = "grpc"


@cache
def built() -> str:
    """Build host and plugin; return why that was not possible."""
    go = shutil.which("go")
    if go is None:
        return "there is no Go compiler (Debian: golang)"
    for path, package in _NEEDED.items():
        if not (_GOPATH / "src" / path).is_dir():
            return f"the Go package {path} is not in {_GOPATH} (Debian: {package})"
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOFLAGS": "",
        "GOPATH": str(_GOPATH),
        "GOCACHE": str(BUILD / "go-cache"),
    }
    BUILD.mkdir(exist_ok=True)
    for program in ("host", "plugin"):
        command = [go, "build", "-o", str(BUILD / f"go-{program}"), f"./{program}"]
        try:
            done = subprocess.run(
                command, cwd=_SOURCES, env=environment, capture_output=True, text=True, timeout=_BUILD_S
            )
        except subprocess.TimeoutExpired:
            return f"`go build` of the {program} took longer than {_BUILD_S:g} s"
        if done.returncode:
            return f"`go build` of the {program} failed: {done.stderr.strip():.300}"
    return ""
