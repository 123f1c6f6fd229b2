"""The far end of the bare pair of peers."""

import asyncio

from benchmarks.peer_end import PeerEnd


async def _serve() -> None:
    await PeerEnd(0, 1).peer.run()


if __name__ == "__main__":
    asyncio.run(_serve())
