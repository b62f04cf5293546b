"""Waiting for quorums: for a store that answers, for a standing in an election; and a candidate that can be killed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from koinon_zk import Standing, StandingKind, Store, StoreUnavailable

PATIENCE_SECONDS = 20.0
_CANDIDATE = Path(__file__).with_name("candidate.py")


def candidate_argv(url: object, data: str, session_timeout: float) -> list[str]:
    """The command line of a candidate in a process of its own, which prints its standings."""
    return [sys.executable, str(_CANDIDATE), str(url), data, str(session_timeout)]


async def wait_reachable(store: Store) -> Store:
    """The store, once it answers."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                await store.get("anything")
            except StoreUnavailable:
                await asyncio.sleep(0.01)
            else:
                return store


async def wait_kind(standings: AsyncIterator[Standing], kind: StandingKind) -> Standing:
    """The next standing of that kind."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for standing in standings:
            if standing.kind is kind:
                return standing
    raise AssertionError(f"the campaign ended before {kind}")
