"""What a workload wants done. ``Persist`` comes before all others: what follows is not done until it is durable."""

from __future__ import annotations

from attrs import frozen

from koinon_core.ids import AgentId, OfferId, TaskId
from koinon_core.scheduler_api import ReconcileTask
from koinon_core.tasks import TaskInfo, TaskStatus

from .report import Report, TaskReport
from .slot import Attempt, Goal, SlotKey, SlotState


@frozen(kw_only=True)
class SlotRecord:
    """What must survive of a slot. Times are seconds since 1970; ``fingerprint`` tells whether its spec changed."""

    key: SlotKey
    fingerprint: str
    state: SlotState
    since: float
    serial: int
    failures: int
    drops: int
    attempt: Attempt | None
    goal: Goal
    why: str
    is_leaving: bool
    due: float | None


@frozen
class CountRecord:
    """That a name was scaled: ``declared`` is what its spec said then, ``count`` what was wanted instead."""

    name: str
    declared: int
    count: int


@frozen(kw_only=True)
class Persist:
    """Make these records durable, and forget these."""

    slots: tuple[SlotRecord, ...] = ()
    counts: tuple[CountRecord, ...] = ()
    forgotten: tuple[SlotKey, ...] = ()
    forgotten_counts: tuple[str, ...] = ()


@frozen(kw_only=True)
class Launch:
    """Accept an offer for these tasks and report what came of the call by ``LaunchAnswered``."""

    offer_id: OfferId
    tasks: tuple[TaskInfo, ...]


@frozen
class Decline:
    """Give offers back. ``is_wanted``: whether something waits, so that others of their agents may do."""

    offer_ids: tuple[OfferId, ...]
    is_wanted: bool


@frozen
class KillTask:
    """End a task; said again until it has ended."""

    task_id: TaskId
    agent_id: AgentId | None


@frozen
class Acknowledge:
    """An update has been taken in."""

    status: TaskStatus


@frozen
class AskAbout:
    """Ask the master for the latest of these tasks."""

    tasks: tuple[ReconcileTask, ...]


@frozen
class WantOffers:
    """Whether anything waits. True again means that offers refused before may be welcome now."""

    wanted: bool


@frozen
class TellChange:
    """Let the owner know that a task went from one state to another, and how it stands now."""

    task: TaskReport
    before: SlotState
    after: SlotState


@frozen
class TellDone:
    """All has ended."""

    report: Report


Instruction = Persist | Launch | Decline | KillTask | Acknowledge | AskAbout | WantOffers | TellChange | TellDone
