"""What happened between a scheduler and the fake master, in lines that a person reads when a test fails. Pure."""

from __future__ import annotations

from typing import Any

from koinon_core.offers import Operation
from koinon_core.scheduler_api import (
    Accept,
    Acknowledge,
    Call,
    Decline,
    Error,
    EventBody,
    Failure,
    Heartbeat,
    Kill,
    Offers,
    Reconcile,
    Rescind,
    Revive,
    Subscribe,
    Subscribed,
    Suppress,
    Update,
)
from koinon_core.tasks import TaskStatus
from koinon_core.wire.schema import SCHEDULER_CALLS, SCHEDULER_EVENTS

from ..calls import CallFailure
from .accepting import tasks_of

MAX_LINES = 60


class Chronicle:
    """The story of one test, in virtual seconds."""

    def __init__(self) -> None:
        """Nothing happened."""
        self._lines: list[str] = []

    def note(self, now: float, text: str) -> None:
        """Something happened."""
        self._lines.append(f"{now:10.3f}  {text}")

    def note_call(self, now: float, call: Call, failure: CallFailure | None) -> None:
        """The framework called."""
        self.note(now, describe_call(call) + (f"   FAILED: {failure.kind.value}: {failure.why}" if failure else ""))

    def note_event(self, now: float, event: EventBody) -> None:
        """The master said something; heartbeats are no news."""
        if not isinstance(event, Heartbeat):
            self.note(now, f"    -> {describe_event(event)}")

    def __str__(self) -> str:
        left_out = len(self._lines) - MAX_LINES
        head = [f"      ... {left_out} lines before"] if left_out > 0 else []
        return "\n".join(["What happened, by virtual seconds:", *head, *self._lines[-MAX_LINES:]])


def describe_call(call: Call) -> str:
    """A call in a line."""
    body: Any = call.body
    name = SCHEDULER_CALLS.names.get(type(body), type(body).__name__)
    match body:
        case Subscribe(framework_info=info):
            return f"{name} {info.name!r}{f' as {info.id}' if info.id else ''}"
        case Accept(offer_ids=offer_ids, operations=operations):
            return f"{name} {', '.join(offer_ids)}: {'; '.join(map(_describe_operation, operations)) or 'nothing'}"
        case Decline(offer_ids=offer_ids, filters=filters):
            seconds = "" if filters is None else f" for {filters.refuse_seconds:g} s"
            return f"{name} {', '.join(offer_ids)}{seconds}"
        case Kill(task_id=task_id) | Acknowledge(task_id=task_id):
            return f"{name} {task_id}"
        case Reconcile(tasks):
            return f"{name} {', '.join(task.task_id for task in tasks) or 'all'}"
        case Revive(roles) | Suppress(roles):
            return f"{name} {', '.join(roles) or 'all roles'}"
        case _:
            return name


def _describe_operation(operation: Operation) -> str:
    name = "UNKNOWN" if operation.type is None else operation.type.name
    return f"{name} {', '.join(task.task_id for task in tasks_of(operation))}".rstrip()


def describe_event(event: EventBody) -> str:
    """An event in a line."""
    name = SCHEDULER_EVENTS.names[type(event)]
    match event:
        case Subscribed(framework_id=framework_id):
            return f"{name} {framework_id}"
        case Offers(offers):
            return f"{name} " + "; ".join(f"{offer.id} of {offer.agent_id}: {offer.resources}" for offer in offers)
        case Rescind(offer_id):
            return f"{name} {offer_id}"
        case Update(status):
            return f"{name} {describe_status(status)}"
        case Failure(agent_id=agent_id, executor_id=executor_id):
            return f"{name} {'' if executor_id is None else f'executor {executor_id} on '}{agent_id}"
        case Error(message):
            return f"{name} {message}"
        case _:
            return name


def describe_status(status: TaskStatus) -> str:
    """An update in a line."""
    reason = "" if status.reason is None else f" {status.reason.name}"
    message = "" if not status.message else f" ({status.message})"
    return f"{status.task_id} {status.state.name}{reason}{message}"
