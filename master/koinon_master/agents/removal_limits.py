"""How fast, and how many, agents may be given up (mesos-semantics 3.2): the flags' values, and who waits for a turn."""

from __future__ import annotations

from collections import OrderedDict

from attrs import define, field, frozen

from koinon_core.ids import AgentId
from koinon_daemon.flag_values import parse_duration, parse_int


@frozen
class RemovalRate:
    """So many agents in so many seconds."""

    count: int
    seconds: float

    @property
    def interval(self) -> float:
        """Seconds between one and the next."""
        return self.seconds / self.count

    def __str__(self) -> str:
        return f"{self.count}/{self.seconds:g}secs"


@frozen
class Percentage:
    """A part of a whole, in hundredths."""

    percent: float

    def __str__(self) -> str:
        return f"{self.percent:g}%"


def parse_removal_rate(text: str) -> RemovalRate:
    """Read ``1/20mins``. Raises ValueError for anything else."""
    count, slash, duration = text.partition("/")
    if not slash:
        raise ValueError(f"{text!r} is not like 1/20mins")
    rate = RemovalRate(parse_int(count), parse_duration(duration))
    if rate.count <= 0 or rate.seconds <= 0:
        raise ValueError(f"{text!r} lets no agent be removed; both must be more than 0")
    return rate


def parse_percentage(text: str) -> Percentage:
    """Read ``100%``. Raises ValueError for anything else, and for what is not from 0 to 100."""
    number, sign, rest = text.strip().partition("%")
    try:
        percent = float(number)
    except ValueError:
        percent = -1.0
    if not sign or rest or not 0 <= percent <= 100:
        raise ValueError(f"{text!r} is not a percentage from 0% to 100%")
    return Percentage(percent)


@define
class RemovalThrottle:
    """Those who wait to be given up, oldest first; without a rate nobody waits."""

    rate: RemovalRate | None
    next_at: float = 0.0
    _waiting: OrderedDict[AgentId, None] = field(factory=OrderedDict)

    def admits(self, agent_id: AgentId, now: float) -> bool:
        """Whether an agent may be given up now; if not, it waits for its turn."""
        if self.rate is None:
            return True
        if not self._waiting and now >= self.next_at:
            self.next_at = now + self.rate.interval
            return True
        self._waiting[agent_id] = None
        return False

    def take(self, now: float) -> AgentId | None:
        """Whose turn it is; None: nobody's yet."""
        if self.rate is None or not self._waiting or now < self.next_at:
            return None
        self.next_at = now + self.rate.interval
        return self._waiting.popitem(last=False)[0]

    def cancel(self, agent_id: AgentId) -> bool:
        """Let an agent wait no more. False: it did not."""
        if agent_id not in self._waiting:
            return False
        del self._waiting[agent_id]
        return True

    def __len__(self) -> int:
        return len(self._waiting)
