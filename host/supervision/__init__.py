"""The life of plugins: one run (session), many runs (supervisor), and the rules between them."""

from host.supervision.session import Ended, Session, Shared
from host.supervision.states import State
from host.supervision.supervisor import Environment, Supervisor

__all__ = ["Ended", "Environment", "Session", "Shared", "State", "Supervisor"]
