"""Processes of plugins: how they are started, signalled, waited for, and cleared away to the last one."""

from host.process.exit_status import ExitStatus
from host.process.launcher import Launcher, PluginProcess, SpawnError
from host.process.program import Program

__all__ = ["ExitStatus", "Launcher", "PluginProcess", "Program", "SpawnError"]
