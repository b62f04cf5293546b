"""What the machine wants done: first stored, then told. The loop carries it out."""

from __future__ import annotations

from attrs import frozen

from koinon_core.ids import AgentId, OfferId, TaskId
from koinon_core.scheduler_api import Reconcile
from koinon_core.tasks import TaskInfo, TaskStatus

from .events import RequestId
from .problems import Problem
from .records import Record, RecordKey
from .runs import Run
from .views import JobView

Result = JobView | Run | tuple[Run, ...] | tuple[Problem, ...]


@frozen(kw_only=True)
class Launch:
    """ACCEPT these offers of one agent with these tasks; what is left comes back after ``refuse_seconds``."""

    offer_ids: tuple[OfferId, ...]
    tasks: tuple[TaskInfo, ...]
    refuse_seconds: float


@frozen(kw_only=True)
class DeclineOffers:
    """Give offers back, not to see them for so many seconds."""

    offer_ids: tuple[OfferId, ...]
    refuse_seconds: float


@frozen(kw_only=True)
class KillTask:
    """End a task; may be repeated."""

    task_id: TaskId
    agent_id: AgentId | None


@frozen
class AcknowledgeStatus:
    """The status is stored."""

    status: TaskStatus


@frozen
class AskMaster:
    """Ask about tasks."""

    reconcile: Reconcile


@frozen
class ReviveOffers:
    """Runs wait: whatever was refused may be offered again."""


@frozen
class SuppressOffers:
    """Nothing waits."""


@frozen
class Answer:
    """What a request came to."""

    request_id: RequestId
    result: Result


MasterEffect = Launch | DeclineOffers | KillTask | AcknowledgeStatus | AskMaster | ReviveOffers | SuppressOffers
Effect = MasterEffect | Answer


@frozen(kw_only=True)
class Persist:
    """One change of the store, all or none; ``then`` is carried out once it is durable."""

    puts: tuple[Record, ...] = ()
    deletes: tuple[RecordKey, ...] = ()
    then: tuple[Effect, ...] = ()


Instruction = Persist | Effect
