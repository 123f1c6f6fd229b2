"""One end of a bare pair of `protocol.peer.Peer`s: what the wire itself does, where the host can't be asked.

The host has no public notification yet, so that row is taken between two of these; see
`benchmarks.contestants.plughost`.
"""

import msgspec

from protocol.errors import INTERNAL_ERROR, ErrorObject
from protocol.inbound import Inbound
from protocol.peer import Peer


class PeerEnd:
    """Takes notifications and answers every request with how many it has taken."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self.taken = 0
        self.peer = Peer(read_fd, write_fd, self, self._handle, self._to_error)

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        self.taken += 1

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        raise RuntimeError(f"{kind}: {detail}")

    def on_end(self) -> None:
        self.peer.close(lambda: EOFError("the other end is closed"))

    async def _handle(self, request: Inbound) -> int:
        return self.taken

    def _to_error(self, exc: BaseException, method: str) -> ErrorObject:
        return ErrorObject(INTERNAL_ERROR, f"{method}: {exc}")
