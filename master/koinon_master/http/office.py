"""What the HTTP edges need to know of this master: whether it leads, who does, and the loop if it is us."""

from __future__ import annotations

from attrs import define

from koinon_core.agents import MasterInfo
from koinon_daemon.errors import ApiError
from koinon_daemon.flag_values import HostPort
from koinon_daemon.metrics import Metrics
from koinon_daemon.redirect import Leadership

from ..config import MasterConfig
from ..loop import MasterLoop


@define(kw_only=True, eq=False)
class Office:
    """Changed by the election, read by the edges."""

    config: MasterConfig
    metrics: Metrics
    start_time: float
    info: MasterInfo | None = None
    leader: HostPort | None = None
    is_leading: bool = False
    epoch: int = 0
    elected_time: float | None = None
    loop: MasterLoop | None = None

    def leadership(self) -> Leadership:
        """Who leads, as far as is known."""
        return Leadership(is_self=self.is_leading, leader=self.leader)

    def leading_loop(self) -> MasterLoop:
        """The loop of this leader. Raises ApiError 503 while it recovers its registry (mesos-v1-api 1.1)."""
        if self.loop is None:
            raise ApiError(503, "Master has not finished recovery")
        return self.loop
