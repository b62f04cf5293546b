"""From slots to the report that people read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import evolve

from .refusals import Refusals
from .report import Report, TaskReport
from .slot import Attempt, Slot, SlotState


def build_report(
    name: str, slots: Iterable[Slot], now: float, *, refusals_of: Callable[[Slot], Refusals], is_done: bool
) -> Report:
    """The whole workload, in the order its tasks were described."""
    tasks = tuple(build_task_report(slot, refusals_of) for slot in slots)
    return Report(name=name, at=now, tasks=tasks, is_done=is_done)


def build_task_report(slot: Slot, refusals_of: Callable[[Slot], Refusals]) -> TaskReport:
    """One task."""
    attempt = slot.attempt
    is_waiting = slot.state is SlotState.WAITING
    refusals = refusals_of(slot) if is_waiting else None
    report = TaskReport(
        name=slot.key.name,
        index=slot.key.index,
        is_only_one=slot.spec.count <= 1 and slot.key.index == 0,
        is_service=slot.spec.is_service,
        state=slot.state,
        since=slot.since,
        attempts=slot.serial,
        why=str(refusals) if refusals is not None else slot.why,
        refusals={} if refusals is None else {reason.value: count for reason, count in refusals.counts.items()},
        nearest="" if refusals is None else refusals.nearest,
    )
    return report if attempt is None else _with_attempt(report, attempt)


def _with_attempt(report: TaskReport, attempt: Attempt) -> TaskReport:
    return evolve(
        report,
        task_id=attempt.task_id,
        agent_id=attempt.agent_id,
        hostname=attempt.placement.hostname,
        ports=attempt.ports,
        launched_at=attempt.launched_at,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        is_healthy=attempt.is_healthy,
        message=attempt.message,
        reason=attempt.reason,
    )
