"""Who leads, as events for the session machine: asked of a quorum, or given once and for all."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import structlog

from koinon_core.agents import MasterInfo
from koinon_core.errors import DecodeError
from koinon_core.wire import plain_json
from koinon_zk.quorum import connect
from koinon_zk.url import QuorumUrl

from .master_address import MasterAddress, leader_url
from .session_machine import MasterLost, MastersFound

_logger = structlog.get_logger(__name__)


async def watch_masters(address: MasterAddress) -> AsyncGenerator[MastersFound | MasterLost, None]:
    """The leader now and after each change. Raises QuorumRefused when the quorum won't have us."""
    if not isinstance(address, QuorumUrl):
        yield MastersFound(address)
        return
    quorum = await connect(address)
    try:
        async for data in quorum.detector().leaders():
            yield _read_leader(data)
    finally:
        await quorum.close()


def _read_leader(data: bytes | None) -> MastersFound | MasterLost:
    if data is None:
        return MasterLost()
    try:
        url = leader_url(plain_json.decode(data, MasterInfo))
    except DecodeError as error:
        _logger.error("leader_unreadable", error=str(error))
        return MasterLost()
    _logger.info("leader_detected", master=url)
    return MastersFound((url,))
