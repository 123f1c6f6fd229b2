"""The life of plugins: one run (session), what keeps one running (runner), what is asked of it
(supervisor), all of them (roster), and the rules.
"""

from host.supervision.environment import Environment
from host.supervision.obituary import Ended
from host.supervision.roster import Roster
from host.supervision.session import Session
from host.supervision.shared import Shared
from host.supervision.states import State
from host.supervision.supervisor import Supervisor

__all__ = ["Ended", "Environment", "Roster", "Session", "Shared", "State", "Supervisor"]
