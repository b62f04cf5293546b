"""``--whitelist``: a file with the hostnames of the agents to offer, read again and again (mesos-semantics 12)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from .events import Event, WhitelistRead

SECONDS_BETWEEN_READS = 5.0

_logger = structlog.get_logger(__name__)


def parse_whitelist(text: str) -> frozenset[str] | None:
    """The hostnames of a file, one a line; None, meaning all, for a lone ``*``."""
    names = frozenset(line.strip() for line in text.splitlines() if line.strip())
    return None if names == {"*"} else names


def read_whitelist(path: Path, before: frozenset[str] | None) -> frozenset[str] | None:
    """What stands in the file; what stood there ``before`` while it can't be read."""
    try:
        return parse_whitelist(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        _logger.warning("whitelist_unreadable", path=str(path), error=str(error))
        return before


async def watch_whitelist(path: Path, submit: Callable[[Event], None]) -> None:
    """Tell the master of each change. While the file could never be read, no agent is on it: better none than all."""
    known: frozenset[str] | None = frozenset()
    submit(WhitelistRead(known))
    while True:
        found = await asyncio.to_thread(read_whitelist, path, known)
        if found != known:
            known = found
            submit(WhitelistRead(known))
        await asyncio.sleep(SECONDS_BETWEEN_READS)
