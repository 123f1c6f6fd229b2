"""What a front end may see and do, and the Protocols by which sibling packages meet."""

from host.facade.board import Board, Differ, Frame
from host.facade.facade import Facade
from host.facade.ports import (
    Announced,
    Announcing,
    Contributions,
    Decided,
    Gate,
    Gateway,
    Granted,
    Joining,
    LiveSession,
    LiveSessions,
    Loadable,
    LoadInputs,
    Opens,
    Registry,
    Succeeding,
    Unfinished,
)
from host.facade.tails import Batch, Tail, TailQuery
from host.facade.views import BesideRun, Caller, Change, ExitFacts, Figures, PluginView, Wanted

__all__ = [
    "Announced",
    "Announcing",
    "Batch",
    "BesideRun",
    "Board",
    "Caller",
    "Change",
    "Contributions",
    "Decided",
    "Differ",
    "ExitFacts",
    "Facade",
    "Figures",
    "Frame",
    "Gate",
    "Gateway",
    "Granted",
    "Joining",
    "LiveSession",
    "LiveSessions",
    "LoadInputs",
    "Loadable",
    "Opens",
    "PluginView",
    "Registry",
    "Succeeding",
    "Tail",
    "TailQuery",
    "Unfinished",
    "Wanted",
]
