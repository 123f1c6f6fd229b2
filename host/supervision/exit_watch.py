"""Exit watch: what the end of a session's process means, and what is read before anybody is told."""

from host.process.exit_status import ExitStatus
from host.process.ladder import Rung
from host.process.launcher import PluginProcess
from host.supervision.ending import Ending
from host.supervision.obituary import Obituary
from host.supervision.output import Stderr
from host.supervision.restart import Cause
from protocol.peer import Peer

_NOT_STARTED = 127


async def watch_exit(
    process: PluginProcess, peer: Peer, stderr: Stderr, obituary: Obituary, ending: Ending
) -> None:
    """Wait for the end of the process, begin the session's, and fail what nobody can answer any more."""
    status = await process.wait_exited()
    obituary.process_ended()
    # What it wrote before it died is read first.
    peer.read_rest()
    stderr.read_rest()
    failure = process.start_failure() if status.code == _NOT_STARTED else ""
    if failure:
        cause, detail = Cause.REFUSED, f"its program could not be started: {failure}"
    elif status == ExitStatus():
        cause, detail = Cause.HOST, "the warden was lost, and with it its plugins"
    else:
        phase = "" if obituary.was_active else " while it was starting"
        cause, detail = Cause.CRASHED, f"it {status}{phase}"
    ending.begin(cause, detail, Rung.CLOSE_STDIN)
    peer.close(obituary.died)
