"""Health and readiness as the API shows them (marathon-v2-api 3.2, 3.8, 3.9)."""

from koinon_core.tasks import CheckStatusInfo

from ..definition.path_ids import PathId
from ..health.machine import Health
from ..health.readiness import Readiness
from ..instance.instances import Instance, Task
from ..state import State
from ..timestamps import format_seconds


def health_results(state: State, instance: Instance) -> list[dict[str, object]]:
    """`healthCheckResults`: one for each check of the instance that has said something that counts."""
    return [
        _result(instance, health)
        for task in instance.tasks
        for _, health in sorted(state.health.of_task(task.id).items())
    ]


def tally_health(state: State, instance: Instance) -> bool | None:
    """How an instance is counted: well where all that was heard is good, unwell where any of it is bad.

    None where nothing was heard yet: other than for its own health nobody waits here for checks that say nothing yet.
    """
    heard = [health.is_alive for task in instance.tasks for health in state.health.of_task(task.id).values()]
    return all(heard) if heard else None


def readiness_results(state: State, spec_id: PathId) -> list[dict[str, object]]:
    """`readinessCheckResults` of an app's instances that are asked during a deployment."""
    if state.deployment_of(spec_id) is None:
        return []
    tasks = [task for one in state.instances.of_spec(spec_id).values() for task in one.tasks]
    found = [(task, state.readiness.find(task.id)) for task in tasks]
    return [_readiness(task, readiness) for task, readiness in found if readiness is not None]


def check_result(found: CheckStatusInfo) -> dict[str, object]:
    """`checkResult`: what the agent's `check` answered last, empty while nothing did."""
    answers: dict[str, tuple[str, object]] = {}
    if found.command is not None:
        answers["command"] = ("exitCode", found.command.exit_code)
    if found.http is not None:
        answers["http"] = ("statusCode", found.http.status_code)
    if found.tcp is not None:
        answers["tcp"] = ("succeeded", found.tcp.succeeded)
    return {kind: {} if value is None else {name: value} for kind, (name, value) in answers.items()}


def _result(instance: Instance, health: Health) -> dict[str, object]:
    shown: dict[str, object] = {"alive": health.is_alive, "consecutiveFailures": health.consecutive_failures}
    times = {
        "firstSuccess": health.first_success,
        "lastSuccess": health.last_success,
        "lastFailure": health.last_failure,
    }
    shown |= {name: format_seconds(at) for name, at in times.items() if at is not None}
    if health.last_failure_cause is not None:
        shown["lastFailureCause"] = health.last_failure_cause
    return {**shown, "instanceId": instance.id}


def _readiness(task: Task, readiness: Readiness) -> dict[str, object]:
    shown: dict[str, object] = {"name": readiness.name, "taskId": task.id, "ready": readiness.is_ready}
    response = readiness.last_response
    if response is not None:
        shown["lastResponse"] = {
            "status": response.status,
            "contentType": response.content_type,
            "body": response.body,
        }
    return shown
