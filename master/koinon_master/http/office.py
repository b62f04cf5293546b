"""What the HTTP edges need to know of this master: whether it leads, who does, and the loop if it is us."""

from __future__ import annotations

import structlog
from attrs import define, field

from koinon_daemon.errors import ApiError
from koinon_daemon.files import AttachedRoots
from koinon_daemon.flag_values import HostPort
from koinon_daemon.logging_api import LoggingSwitch
from koinon_daemon.metrics import Metrics
from koinon_daemon.redirect import Leadership

from ..config import MasterConfig
from ..loop import MasterLoop
from ..ui.source import ClusterSource
from .operator_stream import OperatorStreams

_logger = structlog.get_logger(__name__)


@define(kw_only=True, eq=False)
class Office:
    """Changed by the election, read by the edges."""

    config: MasterConfig
    metrics: Metrics
    start_time: float
    leader: HostPort | None = None
    is_leading: bool = False
    epoch: int = 0
    elected_time: float | None = None
    loop: MasterLoop | None = None
    source: ClusterSource | None = None
    """What the web UI shows of the loop's memory; there from when the loop is."""
    logging: LoggingSwitch = field(factory=LoggingSwitch)
    files: AttachedRoots = field(factory=AttachedRoots)
    """What is shown of this master's disk."""
    operator_streams: OperatorStreams = field(init=False)

    @operator_streams.default
    def _make_streams(self) -> OperatorStreams:
        return OperatorStreams(self.config.max_operator_event_stream_subscribers)

    def take(self, epoch: int) -> None:
        """This master leads, for the first time or still."""
        _logger.info("elected", epoch=epoch)
        self.is_leading, self.epoch = True, epoch
        if self.loop is not None:
            self.loop.resume()

    def pause(self, why: str) -> None:
        """This master does not lead, or can't know: it acts on nothing."""
        _logger.info("not_leading", standing=why)
        self.is_leading = False
        if self.loop is not None:
            self.loop.hold()

    def note_leader(self, leader: HostPort | None) -> None:
        """Somebody leads, or nobody is known to."""
        _logger.info("leader_detected", leader=None if leader is None else str(leader))
        self.leader = leader

    def leadership(self) -> Leadership:
        """Who leads, as far as is known. A leader that is cut off from its quorum sends nobody to itself."""
        is_paused = bool(self.epoch) and not self.is_leading
        return Leadership(is_self=self.is_leading, leader=None if is_paused else self.leader)

    def leading_loop(self) -> MasterLoop:
        """The loop of this leader. Raises ApiError 503 while it recovers its registry (mesos-v1-api 1.1)."""
        if self.loop is None:
            raise ApiError(503, "Master has not finished recovery")
        return self.loop
