"""What a front end may see and do, and the Protocols by which sibling packages meet."""

from host.facade.board import Board, Differ, Frame
from host.facade.facade import Facade
from host.facade.ports import (
    Contributions,
    Decided,
    Gate,
    Gateway,
    Granted,
    Joining,
    LiveSession,
    LiveSessions,
    LoadInputs,
    Opens,
    Registry,
)
from host.facade.tails import Batch, Tail, TailQuery
from host.facade.views import Caller, Change, ExitFacts, Figures, PluginView, Wanted

__all__ = [
    "Batch",
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
    "Opens",
    "PluginView",
    "Registry",
    "Tail",
    "TailQuery",
    "Wanted",
]
