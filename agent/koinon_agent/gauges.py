"""The ``slave/*`` numbers that exporters read by name, read together once a snapshot (mesos-operator-api 3.9)."""

from __future__ import annotations

from collections import Counter

from koinon_core.resources import Resources
from koinon_core.tasks import TaskState
from koinon_daemon.metrics import Metrics

from .agent import Agent
from .executors.machine import ExecutorState
from .pods.pod import PodPhase
from .tasks.machine import TaskPhase
from .views import used_resources

_NAMES = ("cpus", "gpus", "mem", "disk")
_STATES = ("STAGING", "STARTING", "RUNNING", "KILLING", "FINISHED", "FAILED", "KILLED", "LOST", "GONE")
_EXECUTOR_STATES = ("registering", "running", "terminating")
_OWN = {
    ExecutorState.STARTING: "registering",
    ExecutorState.REGISTERING: "registering",
    ExecutorState.SUBSCRIBED: "running",
    ExecutorState.DISCONNECTED: "running",
    ExecutorState.TERMINATING: "terminating",
}
_PODS = {
    PodPhase.STARTING: "registering",
    PodPhase.RUNNING: "running",
    PodPhase.ABORTING: "terminating",
    PodPhase.ENDING: "terminating",
}
_TASKS = dict.fromkeys(TaskPhase, "running") | {
    TaskPhase.STAGING: "registering",
    TaskPhase.STARTING: "registering",
    TaskPhase.ABORTING: "terminating",
    TaskPhase.KILLING: "terminating",
}
_NEVER = {
    # A directory that can't be read ends the start, and nobody takes resources back from a task.
    "slave/recovery_errors": 0.0,
    "slave/executors_preempted": 0.0,
}


def add_agent_gauges(metrics: Metrics, agent: Agent) -> None:
    """Register what an agent knows of itself."""
    metrics.group("agent", lambda: read_agent(agent))


def read_agent(agent: Agent) -> dict[str, float]:
    """Name -> number."""
    tasks = agent.tasks
    standing = _count_standing(agent)
    numbers = _NEVER | _count_executors(agent)
    numbers |= {
        "slave/registered": agent.registration.is_registered,
        "slave/frameworks_active": len({machine.key.framework_id for machine in tasks}),
        "slave/executors_terminated": len(tasks.completed),
        "slave/invalid_status_updates": agent.executors.invalid_updates,
        "slave/valid_framework_messages": agent.executors.passed_messages,
        "slave/invalid_framework_messages": agent.executors.dropped_messages,
        "slave/container_launch_errors": tasks.launch_errors,
        "slave/valid_status_updates": tasks.reported.total(),
        "slave/executor_directory_max_allowed_age_secs": tasks.garbage.max_age,
        "gc/path_removals_pending": len(tasks.garbage),
        "gc/path_removals_succeeded": tasks.garbage.deleted,
    }
    for name in _STATES:
        state = TaskState[f"TASK_{name}"]
        numbers[f"slave/tasks_{name.lower()}"] = tasks.reported[state] if state.is_terminal else standing[state]
    return numbers | _sum_resources(agent)


def _count_executors(agent: Agent) -> dict[str, float]:
    """Those of the frameworks' own, pods, and those that tasks with containers of their own stand for."""
    own = Counter(_OWN[machine.state] for machine in agent.executors if machine.state in _OWN)
    pods = Counter(_PODS[pod.phase] for pod in agent.pods if pod.phase in _PODS)
    tasks = Counter(_TASKS[machine.phase] for machine in agent.tasks.live() if machine.task.executor is None)
    return {f"slave/executors_{state}": (own + pods + tasks)[state] for state in _EXECUTOR_STATES}


def _count_standing(agent: Agent) -> Counter[TaskState]:
    latest = (agent.tasks.updates.latest(machine.key) for machine in agent.tasks)
    return Counter(status.state for status in latest if status is not None)


def _sum_resources(agent: Agent) -> dict[str, float]:
    total, used = agent.info.resources, used_resources(agent)
    numbers: dict[str, float] = {}
    for is_revocable, suffix in ((False, ""), (True, "_revocable")):
        for name in _NAMES:
            all_of_it, of_tasks = (_amount(resources, name, is_revocable=is_revocable) for resources in (total, used))
            stem = f"slave/{name}{suffix}"
            numbers[f"{stem}_total"], numbers[f"{stem}_used"] = all_of_it, of_tasks
            numbers[f"{stem}_percent"] = of_tasks / all_of_it if all_of_it else 0.0
    return numbers


def _amount(resources: Resources, name: str, *, is_revocable: bool) -> float:
    return float(resources.filter(lambda kind: kind.revocable is is_revocable).scalar(name))
