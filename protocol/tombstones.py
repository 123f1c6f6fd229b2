"""Ids of requests that this side gave up: so that an answer that comes late is told from a forged one."""

TOMBSTONES = 4_096
"""Ids that are remembered; the oldest are forgotten first. Source: behaviour in numbers, *Wire*."""


class Tombstones:
    """Ids that were given up, each until its late answer comes."""

    __slots__ = ("_ids", "visited")

    def __init__(self) -> None:
        self._ids: dict[object, None] = {}
        self.visited = 0
        """Late answers so far."""

    def __contains__(self, request_id: object) -> bool:
        return request_id in self._ids

    def add(self, request_id: int) -> None:
        """Remember an id."""
        if len(self._ids) >= TOMBSTONES:
            del self._ids[next(iter(self._ids))]
        self._ids[request_id] = None

    def visit(self, request_id: object, next_id: int) -> tuple[str, str] | None:
        """Take an answer that nobody waits for: None if it is merely late, else the fault and its detail.

        `next_id` is the first id that was not used yet.
        """
        if request_id in self._ids:
            del self._ids[request_id]
            self.visited += 1
            return None
        if request_id is None:
            return "error_report", "the other side reports a frame that it could not read"
        if isinstance(request_id, int) and 0 < request_id < next_id:
            return "duplicate_id", f"request {request_id} is answered a second time"
        return "forged_id", f"an answer names {str(request_id)[:40]!r}, which was never asked"
