"""Stands for election, and says who leads meanwhile (mesos-semantics 1). What a leader does is ``app``'s to start."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from koinon_core.agents import MasterInfo
from koinon_core.errors import DecodeError
from koinon_core.wire import plain_json
from koinon_daemon.flag_values import HostPort
from koinon_zk import Contender, Detector, QuorumRefused, Standing, StandingKind

from .errors import ElectionRefused, LeadershipLost
from .http.office import Office
from .identity import leader_address

_logger = structlog.get_logger(__name__)


async def contend(contender: Contender, info: MasterInfo, office: Office, lead: Callable[[int], object]) -> None:
    """Campaign until leadership is lost, which raises LeadershipLost.

    ``lead`` is called once, with the epoch, and must not wait. While the quorum is out of reach a leader holds still.
    """
    try:
        async for standing in contender.campaign(plain_json.encode(info)):
            _logger.info("standing", kind=standing.kind.value, epoch=standing.epoch)
            _follow(standing, office, lead)
    except QuorumRefused as error:
        raise ElectionRefused(str(error)) from error


def _follow(standing: Standing, office: Office, lead: Callable[[int], object]) -> None:
    if standing.kind is StandingKind.LOST:
        raise LeadershipLost("the election has another leader")
    if standing.kind is StandingKind.SUSPENDED:
        office.is_leading = False
        if office.loop is not None:
            office.loop.hold()
    elif standing.kind is StandingKind.LEADING:
        office.is_leading = True
        if office.loop is not None:
            office.loop.resume()
        elif not office.epoch:
            office.epoch = standing.epoch
            lead(standing.epoch)


async def detect(detector: Detector, office: Office) -> None:
    """Keep the office told of who leads, for redirects."""
    try:
        async for data in detector.leaders():
            office.leader = _read_leader(data)
            _logger.info("leader_detected", leader=str(office.leader) if office.leader is not None else None)
    except QuorumRefused as error:
        raise ElectionRefused(str(error)) from error


def _read_leader(data: bytes | None) -> HostPort | None:
    if data is None:
        return None
    try:
        return leader_address(plain_json.decode(data, MasterInfo))
    except DecodeError as error:
        _logger.error("leader_unreadable", error=str(error))
        return None
