"""Instances and their tasks as values: one wanted copy of an app, and what runs for it (marathon-semantics 1, 15).

Which condition may follow which is `instance_machine`; what an operation does to an instance is `instance_update`.
"""

import re
from datetime import datetime
from enum import Enum
from random import Random
from typing import NewType
from uuid import UUID

import attrs

from koinon_core.containers import IpAddress
from koinon_core.ids import AgentId, TaskId
from koinon_core.tasks import CheckStatusInfo, TaskState
from koinon_frameworks.matching.placement import Placement

from ..definition.path_ids import PathId, from_safe_name, safe_name
from .reservations import Reservation

InstanceId = NewType("InstanceId", str)
"""`<safe path>.instance-<time-based uuid>`."""

APP_CONTAINER = "_app"
"""What stands in an app's task ids where a pod's have the name of a container, which can't have an underscore."""
_TASK_ID = re.compile(r"((.+)\.(?:instance-|marathon-)[^.]+)\.([^.]+)\.(\d+)")
_GREGORIAN_OFFSET = 0x01B21DD213814000
"""Between 1582-10-15 and 1970-01-01 in units of 100 ns, the clock of a time-based UUID."""


class Goal(Enum):
    """What an instance is meant to do: to run and be replaced, to stop and be kept, or to go."""

    RUNNING = "Running"
    STOPPED = "Stopped"
    """Only one with a reservation stops: it may be wanted again, with all that it wrote."""
    DECOMMISSIONED = "Decommissioned"


class Condition(Enum):
    """Where an instance stands; the value is the word of the event stream."""

    SCHEDULED = "Scheduled"
    PROVISIONED = "Provisioned"
    STAGING = "Staging"
    STARTING = "Starting"
    RUNNING = "Running"
    KILLING = "Killing"
    UNREACHABLE = "Unreachable"
    UNREACHABLE_INACTIVE = "UnreachableInactive"
    FINISHED = "Finished"
    KILLED = "Killed"
    ERROR = "Error"
    FAILED = "Failed"
    GONE = "Gone"
    DROPPED = "Dropped"
    UNKNOWN = "Unknown"

    __hash__ = object.__hash__
    """An Enum hashes its name each time anew, and each status looks conditions up dozens of times."""

    @property
    def is_terminal(self) -> bool:
        """Whether the task is over for good."""
        return self in _TERMINAL

    @property
    def is_lost(self) -> bool:
        """Whether nobody can reach the task: it frees its place for constraints (marathon-semantics 12.2)."""
        return self in _LOST


_TERMINAL = frozenset(
    {
        Condition.FINISHED,
        Condition.KILLED,
        Condition.ERROR,
        Condition.FAILED,
        Condition.GONE,
        Condition.DROPPED,
        Condition.UNKNOWN,
    }
)
_LOST = frozenset(
    {
        Condition.UNREACHABLE,
        Condition.UNREACHABLE_INACTIVE,
        Condition.GONE,
        Condition.DROPPED,
        Condition.UNKNOWN,
    }
)
_SETTLED = frozenset({Condition.RUNNING, Condition.FINISHED})


@attrs.frozen(kw_only=True)
class Task:
    """A task of an instance: where it is and what was last heard. Times are seconds since 1970.

    `condition` is never UNREACHABLE_INACTIVE, which is the whole instance's; a terminal one is kept only while other
    tasks of the instance go on. `state` is None until the first status. `host_ports` holds assigned host ports alone,
    in definition order; `container_ports` what each port of an app is inside its container, where one was left to be
    chosen. `check_result` is what `check` answered last.
    """

    id: TaskId
    agent_id: AgentId
    placement: Placement
    host_ports: tuple[int, ...] = ()
    container_ports: tuple[int, ...] = ()
    staged_at: float
    started_at: float | None = None
    condition: Condition = Condition.PROVISIONED
    state: TaskState | None = None
    healthy: bool | None = None
    check_result: CheckStatusInfo | None = None
    ip_addresses: tuple[IpAddress, ...] = ()
    unreachable_since: float | None = None


@attrs.frozen(kw_only=True)
class Instance:
    """One wanted copy of an app or a pod.

    It has its tasks, an app one, a pod one a container, from the launch intent on until they are over.

    `version` is the app version it was last launched with, or is to be launched with; `config_version` is that
    version's `lastConfigChangeAt`, which scaling does not move. `attempt` counts launches. `since` (seconds since
    1970) moves with condition and health only.
    """

    id: InstanceId
    spec_id: PathId
    version: datetime
    config_version: datetime
    role: str
    goal: Goal = Goal.RUNNING
    condition: Condition = Condition.SCHEDULED
    since: float
    attempt: int = 0
    tasks: tuple[Task, ...] = ()
    reservation: Reservation | None = None

    @property
    def task(self) -> Task | None:
        """An app's only task; of a pod the first, which says where all of them are."""
        return self.tasks[0] if self.tasks else None

    @property
    def live_tasks(self) -> tuple[Task, ...]:
        """Those that are not over."""
        return tuple(task for task in self.tasks if not task.condition.is_terminal)

    @property
    def is_falling(self) -> bool:
        """Whether a task ended otherwise than well: the others go with it (marathon-semantics 22)."""
        return any(task.condition.is_terminal and task.condition is not Condition.FINISHED for task in self.tasks)

    @property
    def healthy(self) -> bool | None:
        """What the agent's checks say of all tasks together; None: not known yet (marathon-semantics 15)."""
        if any(task.healthy is False for task in self.tasks if task.condition is Condition.RUNNING):
            return False
        if any(task.condition not in _SETTLED for task in self.tasks):
            return None
        return True if any(task.healthy for task in self.tasks) else None

    @property
    def is_wanted(self) -> bool:
        """Whether it is meant to run."""
        return self.goal is Goal.RUNNING

    @property
    def is_waiting(self) -> bool:
        """Whether it is wanted and has nothing running: the launch queue's."""
        return self.goal is Goal.RUNNING and self.condition is Condition.SCHEDULED

    @property
    def is_going(self) -> bool:
        """Whether something of it still runs, as far as anybody knows, that is meant to end."""
        return self.goal is not Goal.RUNNING and bool(self.tasks) and not self.condition.is_lost

    @property
    def is_to_be_freed(self) -> bool:
        """Whether nothing is left of it but what is set aside for it, which is to be given back."""
        return self.goal is Goal.DECOMMISSIONED and not self.tasks and self.reservation is not None

    @property
    def is_counted(self) -> bool:
        """Whether it counts for the app's wanted number (marathon-semantics 5)."""
        return self.goal is Goal.RUNNING and self.condition is not Condition.UNREACHABLE_INACTIVE


@attrs.frozen(kw_only=True)
class TaskFailure:
    """The last task of an app or a pod that failed, and why: `lastTaskFailure` (marathon-v2-api 3.8).

    `started_at` is when it began to run, or was staged where it never did; times are seconds since 1970.
    """

    spec_id: PathId
    task_id: TaskId
    state: TaskState
    message: str
    host: str
    agent_id: AgentId | None
    version: datetime
    at: float
    started_at: float | None = None


def make_instance_id(spec_id: PathId, now: float, rng: Random) -> InstanceId:
    """A fresh instance id; the random node keeps those made in one instant apart."""
    return InstanceId(f"{safe_name(spec_id)}.instance-{_time_based_uuid(now, rng)}")


def make_task_id(instance_id: InstanceId, attempt: int, container: str = APP_CONTAINER) -> TaskId:
    """The id of an instance's n-th launch, counted from 1: `web.instance-<uuid>._app.1`; pods name the container."""
    return TaskId(f"{instance_id}.{container}.{attempt}")


def container_of(task_id: TaskId) -> str | None:
    """Which container of a pod a task id names, `_app` for an app's; None where the id is none of ours."""
    match = _TASK_ID.fullmatch(task_id)
    return None if match is None else match[3]


def executor_name(instance_id: InstanceId, attempt: int) -> str:
    """The id of the executor of all tasks of a pod's instance: `instance-<safe path>.<uuid>`.

    A later launch adds its number: the executor of the one before may not be gone yet, and two of one id that differ
    in their ports are refused.
    """
    path, _, name = instance_id.rpartition(".")
    prefix, _, uuid = name.partition("-")
    return f"{prefix}-{path}.{uuid}" if attempt == 1 else f"{prefix}-{path}.{uuid}.{attempt}"


def instance_of(task_id: TaskId) -> InstanceId | None:
    """The instance a task id names, or None where the id is none of ours."""
    match = _TASK_ID.fullmatch(task_id)
    return None if match is None else InstanceId(match[1])


def spec_of(instance_id: InstanceId) -> PathId:
    """The app an instance id names."""
    return from_safe_name(instance_id.rpartition(".")[0])


def created_at(instance_id: InstanceId) -> float | None:
    """When the instance was made (seconds since 1970), as its id tells; None where that holds no time-based uuid."""
    try:
        made = UUID(instance_id.rpartition("instance-")[2])
    except ValueError:
        return None
    return (made.time - _GREGORIAN_OFFSET) / 1e7 if made.version == 1 else None


def _time_based_uuid(now: float, rng: Random) -> UUID:
    ticks = int(now * 1e7) + _GREGORIAN_OFFSET
    node = rng.getrandbits(48) | 1 << 40  # the multicast bit marks a node that is no network card
    clock = rng.getrandbits(14)
    fields = (ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0xFFF, clock >> 8, clock & 0xFF, node)
    return UUID(fields=fields, version=1)
