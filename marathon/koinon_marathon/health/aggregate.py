"""The health of an instance, from all its checks (marathon-semantics 20.1). Functions of values."""

from collections.abc import Iterator

from koinon_core.ids import TaskId

from ..definition.apps import App
from ..definition.pods import Pod
from ..definition.run_specs import RunSpec
from ..instance.instances import Instance, container_of
from .book import HealthBook


def agent_check(spec: RunSpec | None, task_id: TaskId) -> int | None:
    """The place of the check that the agent runs for a task: of an app's the first that is its, of a pod's the one."""
    match spec:
        case App(health_checks=checks):
            return next((index for index, check in enumerate(checks) if check.is_run_by_mesos), None)
        case Pod():
            container = spec.find_container(container_of(task_id))
            return 0 if container is not None and container.health_check is not None else None
    return None


def instance_health(spec: RunSpec | None, instance: Instance, book: HealthBook) -> bool | None:
    """True where every check finds it well, None where one has said nothing yet or there is none, else False."""
    found = [book.of_task(task_id).get(index) for task_id, index in _questions(spec, instance)]
    if not found or None in found:
        return None
    return all(health is not None and health.is_alive for health in found)


def is_healthy(spec: RunSpec | None, instance: Instance, book: HealthBook) -> bool:
    """Whether nothing stands against it: every check finds it well, or there is none."""
    return all(book.find(task_id, index).is_alive for task_id, index in _questions(spec, instance))


def _questions(spec: RunSpec | None, instance: Instance) -> Iterator[tuple[TaskId, int]]:
    """Each task of the instance with the place of each of its checks that is run by somebody."""
    for task in instance.live_tasks:
        agents = agent_check(spec, task.id)
        if agents is not None:
            yield task.id, agents
        if isinstance(spec, App):
            yield from ((task.id, index) for index, each in enumerate(spec.health_checks) if not each.is_run_by_mesos)
