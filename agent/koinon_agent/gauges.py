"""The ``slave/*`` numbers that exporters read by name (mesos-operator-api 3.9)."""

from __future__ import annotations

from collections.abc import Callable

from koinon_core.tasks import TaskState
from koinon_daemon.metrics import Metrics

from .agent import Agent
from .views import used_resources

_NAMES = ("cpus", "gpus", "mem", "disk")
_STATES = ("STAGING", "STARTING", "RUNNING", "KILLING", "FINISHED", "FAILED", "KILLED", "LOST", "GONE")


def add_agent_gauges(metrics: Metrics, agent: Agent) -> None:
    """Register what an agent knows of itself."""
    tasks = agent.tasks
    metrics.gauge("slave/registered", lambda: float(agent.registration.is_registered))
    metrics.gauge("slave/frameworks_active", lambda: len({machine.key.framework_id for machine in tasks}))
    metrics.gauge("slave/executors_registering", lambda: 0)
    metrics.gauge("slave/executors_running", lambda: len(tasks.live()))
    metrics.gauge("slave/executors_terminating", lambda: _count(agent, TaskState.TASK_KILLING))
    metrics.gauge("slave/executors_terminated", lambda: len(tasks.completed))
    metrics.gauge("slave/container_launch_errors", lambda: tasks.launch_errors)
    metrics.gauge("slave/valid_status_updates", tasks.reported.total)
    metrics.gauge("slave/invalid_status_updates", lambda: 0)
    metrics.gauge("gc/path_removals_pending", lambda: len(tasks.garbage))
    for name in _STATES:
        metrics.gauge(f"slave/tasks_{name.lower()}", _task_counter(agent, TaskState[f"TASK_{name}"]))
    for name in _NAMES:
        _add_resource(metrics, agent, name)


def _task_counter(agent: Agent, state: TaskState) -> Callable[[], float]:
    if state.is_terminal:
        return lambda: agent.tasks.reported[state]
    return lambda: _count(agent, state)


def _count(agent: Agent, state: TaskState) -> int:
    latest = (agent.tasks.updates.latest(machine.key) for machine in agent.tasks)
    return sum(1 for status in latest if status is not None and status.state is state)


def _add_resource(metrics: Metrics, agent: Agent, name: str) -> None:
    def total() -> float:
        return float(agent.info.resources.scalar(name))

    def used() -> float:
        return float(used_resources(agent.tasks).scalar(name))

    metrics.gauge(f"slave/{name}_total", total)
    metrics.gauge(f"slave/{name}_used", used)
    metrics.gauge(f"slave/{name}_percent", lambda: used() / total() if total() else 0.0)
