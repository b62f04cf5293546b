"""Stands for election, and learns who leads meanwhile (marathon-semantics 23). What a leader does is the daemon's."""

from collections.abc import Callable

import attrs

from koinon_daemon.errors import ExitCode
from koinon_zk import Contender, Detector, QuorumRefused, Standing, StandingKind

from ..errors import LeadershipEnded
from .leadership import Leadership, decode_candidate, encode_candidate

LEADER_LABEL = "leader-"
"""Begins the name of a candidate."""
ELECTION = "leader-election"
STATE = "state"
"""Children of the `--zk` path: candidates below the one, records below the other."""


@attrs.frozen(kw_only=True)
class Steps:
    """What the campaign sets off, none of which may wait: `lead` once, with the epoch; `act` whenever that changes."""

    lead: Callable[[int], object]
    act: Callable[[bool], object]


async def contend(contender: Contender, leadership: Leadership, steps: Steps) -> None:
    """Campaign until leadership is lost: LeadershipEnded. Out of the quorum's reach a leader holds still."""
    has_led = False
    try:
        async for standing in contender.campaign(encode_candidate(leadership.me)):
            is_leading = _is_leading(standing)
            leadership.is_acting = is_leading
            steps.act(is_leading)
            if is_leading and not has_led:
                has_led = True
                steps.lead(standing.epoch)
    except QuorumRefused as error:
        raise LeadershipEnded(str(error), ExitCode.ZOOKEEPER_UNREACHABLE) from error


async def detect(detector: Detector, leadership: Leadership) -> None:
    """Keep the leadership told of who leads, for the proxy."""
    try:
        async for data in detector.leaders():
            leadership.leader = None if data is None else decode_candidate(data)
    except QuorumRefused as error:
        raise LeadershipEnded(str(error), ExitCode.ZOOKEEPER_UNREACHABLE) from error


def _is_leading(standing: Standing) -> bool:
    if standing.kind is StandingKind.LOST:
        raise LeadershipEnded("leadership is lost in the election")
    return standing.kind is StandingKind.LEADING
