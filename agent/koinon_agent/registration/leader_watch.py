"""Who leads, as ``--master`` says: one fixed address, or whoever wins the election of a quorum (mesos-semantics 1)."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from koinon_core.agents import MasterInfo
from koinon_core.errors import DecodeError
from koinon_core.wire import plain_json
from koinon_daemon.flag_values import HostPort
from koinon_zk import QuorumUrl, connect

from ..events import LeaderDetected, LeaderLost

PostLeader = Callable[[LeaderDetected | LeaderLost], None]
_logger = structlog.get_logger(__name__)


async def watch_leader(master: HostPort | QuorumUrl, session_timeout: float, post: PostLeader) -> None:
    """Post who leads, now and after each change, for ever. A fixed address leads at once and always."""
    if isinstance(master, HostPort):
        post(LeaderDetected(master.host, master.port))
        return
    quorum = await connect(master, session_timeout)
    try:
        async for data in quorum.detector().leaders():
            post(read_leader(data))
    finally:
        await quorum.close()


def read_leader(data: bytes | None) -> LeaderDetected | LeaderLost:
    """The address in a leader's MasterInfo. One that can't be read leads nobody."""
    if data is None:
        return LeaderLost()
    try:
        info = plain_json.decode(data, MasterInfo)
    except DecodeError as error:
        _logger.warning("leader_unreadable", error=str(error))
        return LeaderLost()
    endpoint = info.endpoint()
    return LeaderDetected(endpoint.ip or "", endpoint.port)
