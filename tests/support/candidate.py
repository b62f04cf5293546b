"""A candidate in a process of its own, for tests to kill: ``candidate.py URL DATA TIMEOUT`` prints its standings."""

from __future__ import annotations

import asyncio
import sys

from koinon_zk import QuorumUrl, connect


async def stand(url: str, data: str, timeout: float) -> None:
    """Campaign until lost."""
    quorum = await connect(QuorumUrl.parse(url), timeout)
    async for standing in quorum.contender().campaign(data.encode()):
        sys.stdout.write(f"{standing.kind.value} {standing.epoch}\n")
        sys.stdout.flush()
    await quorum.close()


if __name__ == "__main__":
    asyncio.run(stand(sys.argv[1], sys.argv[2], float(sys.argv[3])))
