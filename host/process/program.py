"""Program: what is to be started for a plugin, as values; turned into the bytes of a launch specification.

Decides which programs may be forked from a warden instead of being executed, and what environment a warden
has.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from protocol.launch import PLUGIN_MARK, SESSION_MARK, LaunchSpec
from protocol.manifest import Limits, Manifest

INHERITED = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
"""The only variables of the host's environment that a plugin gets."""

ALLOCATOR = {
    # One arena per thread would fill the address space that the limits leave.
    "MALLOC_ARENA_MAX": "2",
    # Memory of frames is kept for the next one, within bounds: page faults are most of what big ones cost.
    "MALLOC_MMAP_THRESHOLD_": str(4 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(16 * 1024 * 1024),
}
"""How glibc's malloc is set up in plugins; other libraries pass over it."""

READ_AT_START = ("LANG", "LC_", "LD_", "MALLOC_", "GLIBC_TUNABLES", "OPENSSL_")
"""Variables, by how their names begin, that only a program which is executed takes notice of: encodings, the
loader, the allocator, OpenSSL's set-up."""

LOOP = "PLUGHOST_LOOP"
"""Tells Python plugins which event loop their host runs on; read by `plugin_sdk.runtime.loop`."""

OOM_SCORE_ADJ = 500
"""Makes the kernel choose a plugin before the host when memory runs out."""

_EXTRA_DATA_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Program:
    """One process to start."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    rlimits: Mapping[str, int]
    forked: tuple[str, ...] = ()
    """Arguments of `plugin_sdk.runtime.run` for a plugin that may be forked; empty for all others."""

    def may_fork_from(self, warden: Mapping[str, str]) -> bool:
        """Tell whether a warden with this environment may fork it, with nothing lost against executing it."""
        return bool(self.forked) and _read_at_start(self.environment) == _read_at_start(warden)

    def spec(self, parent: int = 0) -> bytes:
        """Return the launch specification; `parent` is the pid whose end ends the process, or 0."""
        return msgspec.json.encode(
            LaunchSpec(
                argv=self.argv,
                environment=dict(self.environment),
                folder=str(self.folder),
                rlimits=dict(self.rlimits),
                oom_score_adj=OOM_SCORE_ADJ,
                parent=parent,
                forked=self.forked,
            )
        )


def program_for(manifest: Manifest, folder: Path, session: str, extra: Mapping[str, str]) -> Program:
    """Return what starts this plugin; `extra` is environment on top of the manifest's own."""
    arguments = () if manifest.command else (str(folder), *manifest.entry_points)
    return Program(
        argv=_argv(manifest, folder),
        environment=_environment(manifest, session, extra),
        folder=folder,
        rlimits=rlimits(manifest.limits),
        forked=arguments if manifest.preload else (),
    )


def warden_environment() -> dict[str, str]:
    """Return the environment of a warden, and with it what is common to all its plugins; no secrets in it."""
    environment = _inherited()
    loop = _running_loop()
    if loop:
        environment[LOOP] = loop
    return environment


def rlimits(limits: Limits) -> dict[str, int]:
    """Return the kernel's limits for each process of the plugin. Source: behaviour in numbers, *Watchdog*."""
    memory = limits.memory_bytes
    result = {
        "CORE": 0,
        "NOFILE": limits.descriptors,
        "FSIZE": limits.file_bytes,
        "DATA": max(2 * memory, memory + _EXTRA_DATA_BYTES),
    }
    if limits.address_space_bytes is not None:
        result["AS"] = limits.address_space_bytes
    if limits.processes is not None:
        result["NPROC"] = limits.processes
    return result


def _argv(manifest: Manifest, folder: Path) -> tuple[str, ...]:
    if not manifest.command:
        return (sys.executable, "-I", "-m", "plugin_sdk.runtime.run", str(folder), *manifest.entry_points)
    first, *rest = manifest.command
    own = folder / first
    if own.is_file():
        return (str(own), *rest)
    return (_which(first) or first, *rest)


def _which(name: str) -> str | None:
    import shutil

    return shutil.which(name)


def _environment(manifest: Manifest, session: str, extra: Mapping[str, str]) -> dict[str, str]:
    environment = _inherited() if manifest.command else warden_environment()
    environment.update(manifest.environment)
    environment.update(extra)
    environment[PLUGIN_MARK] = manifest.id
    environment[SESSION_MARK] = session
    return environment


def _inherited() -> dict[str, str]:
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    environment.update(ALLOCATOR)
    return environment


def _running_loop() -> str:
    """Return `uvloop` if this host runs on it; empty for asyncio's own loop, which needs no word."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return ""
    return "uvloop" if type(loop).__module__.partition(".")[0] == "uvloop" else ""


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(READ_AT_START)}
