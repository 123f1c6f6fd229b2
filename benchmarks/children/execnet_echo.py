"""What the execnet contestant sends to its child, which runs it; the host imports it for its constants."""

import os
from typing import Any

PID = "pid?"
STREAM = "stream"
NOTIFY = "notify"


def serve(channel: Any) -> None:
    """Echo what comes, but for the three above."""
    for value in channel:
        match value:
            case (kind, int(items)) if kind == STREAM:
                for item in range(items):
                    channel.send(item)
            case (kind, _) if kind == NOTIFY:
                pass
            case text if text == PID:
                channel.send(os.getpid())
            case _:
                channel.send(value)


if __name__ == "__channelexec__":
    serve(globals()["channel"])
