"""Readiness of new instances during a deployment: who is asked, and what was answered last (marathon-semantics 21).

Values and functions of them. Nothing of it is stored: a new leader asks again.
"""

from collections.abc import Set

import attrs

from koinon_core.ids import TaskId

from ..definition.apps import App
from ..definition.health_checks import ReadinessCheck
from ..definition.run_specs import RunSpec
from ..deployment.plan import DeploymentPlan
from ..instance.instances import Instance
from .probes import Failed, Outcome, Responded, TimedOut

_GATEWAY_TIMEOUT = 504


@attrs.frozen(kw_only=True)
class LastResponse:
    """What a task answered, for people to read."""

    status: int
    content_type: str
    body: str


@attrs.frozen(kw_only=True)
class Readiness:
    """Where a task stands with its readiness check."""

    name: str
    is_ready: bool = False
    last_response: LastResponse | None = None


class ReadinessBook:
    """The tasks that are asked, or were during a deployment that still runs."""

    def __init__(self) -> None:
        self._by_task: dict[TaskId, Readiness] = {}

    def tasks(self) -> Set[TaskId]:
        """Those of whom anything is known."""
        return self._by_task.keys()

    def find(self, task_id: TaskId) -> Readiness | None:
        """What is known of a task; None for one that is not asked."""
        return self._by_task.get(task_id)

    def put(self, task_id: TaskId, readiness: Readiness) -> None:
        """Remember what is new."""
        self._by_task[task_id] = readiness

    def forget(self, task_id: TaskId) -> bool:
        """The task is over, or its deployment is. Returns whether there was something."""
        return self._by_task.pop(task_id, None) is not None


def readiness_check(spec: RunSpec | None) -> ReadinessCheck | None:
    """The app's check; there can be only one."""
    return spec.readiness_checks[0] if isinstance(spec, App) and spec.readiness_checks else None


def is_awaited(instance: Instance, spec: RunSpec | None, plan: DeploymentPlan | None, book: ReadinessBook) -> bool:
    """Whether the deployment at work on the instance's app has to wait until the instance says that it is ready."""
    if plan is None or instance.task is None or readiness_check(spec) is None:
        return False
    known = book.find(instance.task.id)
    return _is_new(instance, plan) if known is None else not known.is_ready


def take_outcome(check: ReadinessCheck, outcome: Outcome) -> Readiness | None:
    """What an outcome says; None where it says nothing about the task."""
    match outcome:
        case Responded(status):
            response = LastResponse(status=status, content_type=outcome.content_type, body=outcome.body)
        case TimedOut():
            response = LastResponse(status=_GATEWAY_TIMEOUT, content_type="text/plain", body=str(outcome))
        case Failed(cause):
            response = LastResponse(status=_GATEWAY_TIMEOUT, content_type="text/plain", body=cause)
        case _:
            return None
    is_ready = isinstance(outcome, Responded) and outcome.status in check.http_status_codes_for_ready
    shown = response if check.preserve_last_response else None
    return Readiness(name=check.name, is_ready=is_ready, last_response=shown)


def _is_new(instance: Instance, plan: DeploymentPlan) -> bool:
    """Whether it was launched for the definition that the deployment brings."""
    target = plan.target.get(instance.spec_id)
    return target is not None and instance.version == target.version
