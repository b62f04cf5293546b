"""The names of ``/metrics/snapshot`` and where each number comes from (mesos-operator-api 3.9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from functools import partial
from typing import TypeVar

from koinon_core.tasks import TaskState
from koinon_daemon.metrics import Metrics

from . import views
from .agent_machine import AgentPhase
from .state import ClusterState

KeyT = TypeVar("KeyT", bound=Hashable)

TALLIES = (
    "slave_registrations",
    "slave_reregistrations",
    "slave_removals",
    "slave_removals/reason_registered",
    "slave_removals/reason_unregistered",
    "slave_unreachable_scheduled",
    "slave_unreachable_completed",
    "dropped_messages",
    "messages_register_framework",
    "messages_reregister_framework",
    "messages_launch_tasks",
    "messages_decline_offers",
    "messages_revive_offers",
    "messages_suppress_offers",
    "messages_kill_task",
    "messages_status_update",
    "messages_status_update_acknowledgement",
    "messages_resource_request",
    "messages_reconcile_tasks",
    "messages_framework_to_executor",
    "messages_executor_to_framework",
    "messages_register_slave",
    "messages_reregister_slave",
    "messages_unregister_slave",
    "valid_status_updates",
    "invalid_status_updates",
    "valid_status_update_acknowledgements",
    "invalid_status_update_acknowledgements",
    "valid_framework_to_executor_messages",
    "invalid_framework_to_executor_messages",
)
_RESOURCES = ("cpus", "gpus", "mem", "disk")
_STANDING = ("STAGING", "STARTING", "RUNNING", "KILLING", "UNREACHABLE")
_ENDED = ("FINISHED", "FAILED", "KILLED", "LOST", "ERROR", "DROPPED", "GONE", "GONE_BY_OPERATOR")


def add_cluster_gauges(metrics: Metrics, state: ClusterState, queued: Callable[[], int]) -> None:
    """Show a leader's cluster; ``queued`` is how many events wait."""
    for name in TALLIES:
        metrics.gauge(f"master/{name}", partial(_get, state.tallies, name))
    metrics.gauge("master/event_queue_messages", queued)
    metrics.gauge("master/event_queue_dispatches", lambda: 0)
    metrics.gauge("master/event_queue_http_requests", lambda: 0)
    metrics.gauge("master/outstanding_offers", lambda: len(state.offers))
    metrics.gauge("allocator/mesos/allocation_runs", partial(_get, state.tallies, "allocation_runs"))
    for is_connected, words in ((True, ("active", "connected")), (False, ("inactive", "disconnected"))):
        for word in words:
            metrics.gauge(f"master/slaves_{word}", partial(_count_agents, state, is_connected))
            metrics.gauge(f"master/frameworks_{word}", partial(_count_frameworks, state, is_connected))
    metrics.gauge("master/slaves_unreachable", lambda: len(state.unreachable))
    for name in _STANDING:
        metrics.gauge(f"master/tasks_{name.lower()}", partial(_count_tasks, state, TaskState[f"TASK_{name}"]))
    for name in _ENDED:
        metrics.gauge(f"master/tasks_{name.lower()}", partial(_get, state.task_tallies, TaskState[f"TASK_{name}"]))
    for name in _RESOURCES:
        metrics.gauge(f"master/{name}_total", partial(_total, state, name))
        metrics.gauge(f"master/{name}_used", partial(_used, state, name))
        metrics.gauge(f"master/{name}_percent", partial(_share, state, name))


def _get(tallies: Counter[KeyT], name: KeyT) -> float:
    return tallies[name]


def _count_agents(state: ClusterState, is_connected: bool) -> float:
    members = (agent for agent in state.agents.values() if agent.phase is not AgentPhase.RECOVERED)
    return sum(agent.is_connected is is_connected for agent in members)


def _count_frameworks(state: ClusterState, is_connected: bool) -> float:
    return sum(framework.is_connected is is_connected for framework in state.frameworks.values())


def _count_tasks(state: ClusterState, standing: TaskState) -> float:
    return views.count_states(state)[standing]


def _total(state: ClusterState, name: str) -> float:
    return float(state.allocator.total()[name])


def _used(state: ClusterState, name: str) -> float:
    offered = sum(held.grant.resources.scalar(name).thousandths for held in state.offers.values())
    return (state.allocator.granted()[name].thousandths - offered) / 1000


def _share(state: ClusterState, name: str) -> float:
    total = _total(state, name)
    return _used(state, name) / total if total else 0.0
