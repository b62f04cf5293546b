"""Worlds to begin a test with: tasks and services in a few words, fates, agents of one cpu."""

from __future__ import annotations

from koinon_core.backoff import Backoff
from koinon_core.tasks import TaskState
from koinon_frameworks.workload import Retry, TaskSpec, WorkloadOptions
from support.workload_world import Fate, World, finish

QUICK = Retry(attempts=3, backoff=Backoff(initial=1.0, maximum=4.0))


def make_world(*specs: TaskSpec, fate: Fate = finish, agents: int = 1, options: WorkloadOptions | None = None) -> World:
    """A world with agents of one cpu, subscribed."""
    world = World(specs=specs, fate=fate, options=options or WorkloadOptions())
    for number in range(agents):
        world.add_agent(f"a{number}", rack=f"r{number}")
    world.subscribe()
    return world


def task(name: str = "t", **fields: object) -> TaskSpec:
    """A task with a command."""
    return TaskSpec(name=name, **{"command": "true", "retry": QUICK} | fields)  # type: ignore[arg-type]


def service(name: str = "s", **fields: object) -> TaskSpec:
    """A service."""
    return task(name, **{"is_service": True, "retry": None} | fields)


def only_until(run: int, state: TaskState = TaskState.TASK_FAILED) -> Fate:
    """The first runs of each slot end badly, those after them well."""
    return lambda _slot, number: state if number <= run else TaskState.TASK_FINISHED


def never(_slot: str, _run: int) -> TaskState | None:
    """Tasks run until they are killed."""
    return None
