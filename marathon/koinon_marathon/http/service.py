"""What every resource is given: the configuration, the leadership, and the loop of the term under way."""

import attrs

from koinon_core.ids import FrameworkId
from koinon_daemon.errors import ApiError
from koinon_daemon.supervision import Stop

from ..config import MarathonConfig
from ..leadership import Leadership
from ..loop import Loop
from ..normalization import Settings
from ..state import State


@attrs.define(kw_only=True)
class Service:
    """Shared by all requests; `app` puts the loop in when the term begins. `started_at` is in seconds since 1970."""

    config: MarathonConfig
    leadership: Leadership
    stop: Stop
    started_at: float
    settings: Settings
    term: Loop | None = None

    @property
    def loop(self) -> Loop:
        """The loop of the term. Raises ApiError 503 where no term has begun."""
        if self.term is None:
            raise ApiError(503, "this Marathon does not lead yet")
        return self.term

    @property
    def state(self) -> State:
        """What the machine knows, to be read and not changed."""
        return self.loop.machine.state

    @property
    def framework_id(self) -> FrameworkId | None:
        """Ours at the master, once there is one."""
        return None if self.term is None else self.term.machine.state.framework_id
