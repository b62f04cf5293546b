"""Stands for election, and learns who leads meanwhile (mesos-semantics 1). What a leader does is ``app``'s to start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from koinon_core.agents import MasterInfo
from koinon_core.errors import DecodeError
from koinon_core.wire import plain_json
from koinon_daemon.flag_values import HostPort
from koinon_zk import Contender, Detector, QuorumRefused, Standing, StandingKind

from .errors import ElectionRefused, LeadershipLost, LeaderUnreadable
from .http.office import Office
from .identity import leader_address


async def contend(contender: Contender, info: MasterInfo, office: Office, lead: Callable[[int], object]) -> None:
    """Campaign until leadership is lost, which raises LeadershipLost.

    ``lead`` is called once, with the epoch, and must not wait. While the quorum is out of reach a leader holds still;
    when its session must have ended there, it is lost, though nobody can tell it so.
    """
    standings = contender.campaign(plain_json.encode(info))
    is_suspended = False
    try:
        while True:
            async with asyncio.timeout(office.config.zk_session_timeout if is_suspended else None):
                standing = await anext(standings)
            is_suspended = standing.kind is StandingKind.SUSPENDED
            _follow(standing, office, lead)
    except StopAsyncIteration:
        return
    except TimeoutError as error:
        raise LeadershipLost("its quorum was out of reach for longer than its session lives") from error
    except QuorumRefused as error:
        raise ElectionRefused(str(error)) from error


def _follow(standing: Standing, office: Office, lead: Callable[[int], object]) -> None:
    if standing.kind is StandingKind.LOST:
        raise LeadershipLost("it ended in the election")
    if standing.kind is StandingKind.LEADING:
        is_first_time = not office.epoch
        office.take(standing.epoch)
        if is_first_time:
            lead(standing.epoch)
    else:
        office.pause(standing.kind.value)


async def detect(detector: Detector, office: Office) -> None:
    """Keep the office told of who leads, for redirects."""
    try:
        async for data in detector.leaders():
            office.note_leader(None if data is None else _read_leader(data))
    except QuorumRefused as error:
        raise ElectionRefused(str(error)) from error


def _read_leader(data: bytes) -> HostPort:
    try:
        return leader_address(plain_json.decode(data, MasterInfo))
    except DecodeError as error:
        raise LeaderUnreadable(str(error)) from error
