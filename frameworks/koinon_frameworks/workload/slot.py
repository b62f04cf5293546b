"""One place of a workload that a task is to fill: where it stands, and which way it may go from there.

The table is the whole law. Who pulls which trigger is ``machine``'s affair, keeping slots in order is ``roster``'s.
"""

from __future__ import annotations

from enum import Enum
from itertools import product

from attrs import define, field, frozen

from koinon_core.ids import AgentId, ExecutorId, TaskId

from ..matching.placement import Placement
from .shape import Shape, shape_of
from .spec import TaskSpec


class SlotState(Enum):
    """Where a slot stands."""

    BLOCKED = "blocked"
    """What it depends on has not finished."""
    WAITING = "waiting"
    """For an offer it fits on."""
    DELAYED = "delayed"
    """Until it is tried again."""
    LAUNCHING = "launching"
    """The intent is recorded; whether the task runs is not known yet."""
    RUNNING = "running"
    UNREACHABLE = "unreachable"
    """Its agent is away."""
    ENDING = "ending"
    """It has been told to end."""
    FINISHED = "finished"
    FAILED = "failed"
    LOST = "lost"
    KILLED = "killed"
    SKIPPED = "skipped"
    """Something it depends on did not finish."""

    __hash__ = object.__hash__

    @property
    def is_final(self) -> bool:
        """Whether nothing more comes of it."""
        return self in _FINAL

    @property
    def is_active(self) -> bool:
        """Whether a task of it may exist somewhere."""
        return self in _ACTIVE


_ACTIVE = frozenset({SlotState.LAUNCHING, SlotState.RUNNING, SlotState.UNREACHABLE, SlotState.ENDING})
_IDLE = frozenset({SlotState.BLOCKED, SlotState.WAITING, SlotState.DELAYED})
_FINAL = frozenset(SlotState) - _ACTIVE - _IDLE


class Trigger(Enum):
    """What moves a slot."""

    UNBLOCK = "unblock"
    LAUNCH = "launch"
    STAGE = "stage"
    """It is on its agent, and does not run yet."""
    RUN = "run"
    """TASK_RUNNING came."""
    MISS = "miss"
    """TASK_UNREACHABLE came."""
    END = "end"
    """Its task is to end."""
    DELAY = "delay"
    """It will be tried again."""
    RETRY = "retry"
    FINISH = "finish"
    FAIL = "fail"
    LOSE = "lose"
    KILL = "kill"
    """It has ended because somebody wanted it to."""
    SKIP = "skip"

    __hash__ = object.__hash__


_S, _T = SlotState, Trigger
_LIVE = (_S.LAUNCHING, _S.RUNNING, _S.UNREACHABLE)
TRANSITIONS: dict[tuple[SlotState, Trigger], SlotState] = {
    (_S.BLOCKED, _T.UNBLOCK): _S.WAITING,
    (_S.BLOCKED, _T.SKIP): _S.SKIPPED,
    (_S.WAITING, _T.LAUNCH): _S.LAUNCHING,
    (_S.WAITING, _T.FAIL): _S.FAILED,
    (_S.DELAYED, _T.RETRY): _S.WAITING,
    **{(idle, _T.KILL): _S.KILLED for idle in (_S.BLOCKED, _S.WAITING, _S.DELAYED)},
    (_S.LAUNCHING, _T.STAGE): _S.LAUNCHING,
    (_S.UNREACHABLE, _T.STAGE): _S.LAUNCHING,
    (_S.RUNNING, _T.STAGE): _S.RUNNING,
    **{(live, _T.RUN): _S.RUNNING for live in _LIVE},
    **{(live, _T.MISS): _S.UNREACHABLE for live in _LIVE},
    **{(live, _T.END): _S.ENDING for live in _LIVE},
    (_S.ENDING, _T.STAGE): _S.ENDING,
    (_S.ENDING, _T.RUN): _S.ENDING,
    (_S.ENDING, _T.MISS): _S.ENDING,
    (_S.ENDING, _T.END): _S.ENDING,
    **{
        (active, trigger): target
        for active, (trigger, target) in product(
            (*_LIVE, _S.ENDING),
            (
                (_T.DELAY, _S.DELAYED),
                (_T.FINISH, _S.FINISHED),
                (_T.FAIL, _S.FAILED),
                (_T.LOSE, _S.LOST),
                (_T.KILL, _S.KILLED),
            ),
        )
    },
}
"""What is final stays so: a slot that is wanted again is a new one."""


class Goal(Enum):
    """What is wanted of the task that a slot has."""

    RUN = "run"
    END = "end"
    """It is to end, and with it the slot."""
    AGAIN = "again"
    """It is to make way for another, as the spec has changed."""
    OVERDUE = "overdue"
    """It ran for longer than it may."""


@frozen
class SlotKey:
    """The ``index``-th task of a name, from 0."""

    name: str
    index: int = 0

    def __str__(self) -> str:
        return f"{self.name}.{self.index}"


@frozen(kw_only=True)
class Attempt:
    """One task that was launched for a slot, from the intent on. Times are seconds since 1970.

    ``has_been_seen``: whether any status came, so that it was more than an intent. ``missing_since``: when its agent
    was first said to be away, unless it is back.
    """

    task_id: TaskId
    agent_id: AgentId
    placement: Placement
    address: str
    """Where its agent is reached: the IP where the offer told one, else the host's name."""
    ports: tuple[int, ...] = ()
    executor_id: ExecutorId | None = None
    launched_at: float
    has_been_seen: bool = False
    started_at: float | None = None
    ended_at: float | None = None
    missing_since: float | None = None
    is_healthy: bool | None = None
    message: str = ""
    reason: str = ""
    """The master's, as in REASON_CONTAINER_LIMITATION_MEMORY."""


@define(kw_only=True, eq=False)
class Slot:
    """A slot as it is now. Changed by the machine alone."""

    key: SlotKey
    spec: TaskSpec
    fingerprint: str
    """Of the spec it was launched by, or will be: see ``task_building.fingerprint``."""
    state: SlotState
    since: float
    """When it came to be in this state."""
    shape: Shape = field(init=False)
    serial: int = 0
    """How many tasks were launched for it, those that never reached an agent too: no id is used twice."""
    failures: int = 0
    """Attempts that count against ``Retry.attempts``."""
    drops: int = 0
    """Launches in a row that never reached an agent."""
    attempt: Attempt | None = None
    """The latest."""
    goal: Goal = Goal.RUN
    why: str = ""
    """Why it is where it is, where there is more to say than the state does."""
    is_leaving: bool = False
    """Whether it is forgotten once its task has ended, as fewer are wanted."""
    due: float | None = None
    """When it has to be looked at again."""
    rank: int = 0
    """Of two that wait with the same priority, the smaller goes first."""

    def __attrs_post_init__(self) -> None:
        self.shape = shape_of(self.spec)

    def take_spec(self, spec: TaskSpec, fingerprint: str) -> None:
        """What it runs from now on. The roster's affair, whose queues go by shape."""
        self.spec, self.fingerprint, self.shape = spec, fingerprint, shape_of(spec)
