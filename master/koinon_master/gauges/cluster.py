"""The numbers of the cluster as a whole: ``master/...`` without frameworks' own and operations'."""

from __future__ import annotations

from collections import Counter

from attrs import define, field

from koinon_core.agents import AgentInfo
from koinon_core.ids import AgentId
from koinon_core.quantities import Quantities
from koinon_core.resources import Resources
from koinon_core.tasks import TaskState

from ..agents.machine import AgentPhase
from ..state import ClusterState

TALLIES = (
    "slave_registrations",
    "slave_reregistrations",
    "slave_removals",
    "slave_removals/reason_registered",
    "slave_removals/reason_unhealthy",
    "slave_removals/reason_unregistered",
    "slave_shutdowns_scheduled",
    "slave_shutdowns_completed",
    "slave_shutdowns_canceled",
    "slave_unreachable_scheduled",
    "slave_unreachable_completed",
    "slave_unreachable_canceled",
    "recovery_slave_removals",
    "dropped_messages",
    "http_cache_hits",
    "messages_register_framework",
    "messages_reregister_framework",
    "messages_unregister_framework",
    "messages_deactivate_framework",
    "messages_launch_tasks",
    "messages_decline_offers",
    "messages_revive_offers",
    "messages_suppress_offers",
    "messages_kill_task",
    "messages_status_update",
    "messages_status_update_acknowledgement",
    "messages_resource_request",
    "messages_reconcile_tasks",
    "messages_reconcile_operations",
    "messages_framework_to_executor",
    "messages_executor_to_framework",
    "messages_operation_status_update",
    "messages_operation_status_update_acknowledgement",
    "messages_register_slave",
    "messages_reregister_slave",
    "messages_unregister_slave",
    "messages_update_slave",
    "messages_exited_executor",
    "messages_authenticate",
    "valid_status_updates",
    "invalid_status_updates",
    "valid_status_update_acknowledgements",
    "invalid_status_update_acknowledgements",
    "valid_framework_to_executor_messages",
    "invalid_framework_to_executor_messages",
    "valid_executor_to_framework_messages",
    "invalid_executor_to_framework_messages",
    "valid_operation_status_updates",
    "invalid_operation_status_updates",
    "valid_operation_status_update_acknowledgements",
    "invalid_operation_status_update_acknowledgements",
)
"""What ``ClusterState.tallies`` counts under these names, shown from the start; what else it counts is shown, too."""
_ELSEWHERE = frozenset({"allocation_runs"})
_ABSENT = ("event_queue_messages", "event_queue_dispatches", "event_queue_http_requests")
"""Queues of Mesos's own: there is one queue here, and it is ``event_queue_messages``."""
_STREAMS = "master/operator_event_stream_subscribers"
_RESOURCES = ("cpus", "gpus", "mem", "disk")
_STANDING = ("STAGING", "STARTING", "RUNNING", "KILLING", "UNREACHABLE")
_ENDED = ("FINISHED", "FAILED", "KILLED", "LOST", "ERROR", "DROPPED", "GONE", "GONE_BY_OPERATOR")
_ZEROS = dict.fromkeys([*(f"master/{name}" for name in (*TALLIES, *_ABSENT)), _STREAMS], 0.0)


@define(eq=False)
class ClusterGauges:
    """Reads one leader's memory; remembers what each agent has that may be taken back, for agents seldom change."""

    _state: ClusterState
    _revocable: dict[AgentId, tuple[AgentInfo, Quantities]] = field(factory=dict)

    def read(self) -> dict[str, float]:
        """Name -> number."""
        state = self._state
        numbers: dict[str, float] = dict(_ZEROS)
        numbers |= {f"master/{name}": count for name, count in state.tallies.items() if name not in _ELSEWHERE}
        numbers["master/outstanding_offers"] = len(state.offers)
        return numbers | _count_members(state) | _count_tasks(state) | self._sum_resources()

    def _sum_resources(self) -> dict[str, float]:
        state = self._state
        held = _sum([grant.grant.resources for grant in state.offers.values()])
        total, used = state.allocator.total(), state.allocator.granted()
        revocable_total = self._sum_revocable()
        revocable_used = _sum_revocable_used(state) if revocable_total else Quantities()
        numbers: dict[str, float] = {}
        for name in _RESOURCES:
            of_all, of_revocable = total[name].thousandths, revocable_total[name].thousandths
            used_revocable = revocable_used[name].thousandths
            used_of_all = used[name].thousandths - held.get(name, 0)
            numbers |= _three(name, of_all - of_revocable, used_of_all - used_revocable)
            numbers |= _three(f"{name}_revocable", of_revocable, used_revocable)
        return numbers

    def _sum_revocable(self) -> Quantities:
        agents = self._state.agents
        if len(self._revocable) > 2 * len(agents):
            self._revocable = {}
        total = Quantities()
        for agent_id, agent in agents.items():
            known = self._revocable.get(agent_id)
            if known is None or known[0] is not agent.info:
                known = self._revocable[agent_id] = (agent.info, _revocable_of(agent.info.resources))
            if known[1]:
                total += known[1]
        return total


def _three(name: str, total: int, used: int) -> dict[str, float]:
    """Total, used and share, given thousandths."""
    stem = f"master/{name}"
    share = used / total if total else 0.0
    return {f"{stem}_total": total / 1000, f"{stem}_used": used / 1000, f"{stem}_percent": share}


def _count_members(state: ClusterState) -> dict[str, float]:
    members = [agent for agent in state.agents.values() if agent.phase is not AgentPhase.RECOVERED]
    connected = sum(agent.is_connected for agent in members)
    active = sum(agent.is_connected and not agent.is_deactivated for agent in members)
    listening = sum(framework.is_connected for framework in state.frameworks.values())
    away = len(state.frameworks) - listening
    return {
        "master/slaves_connected": connected,
        "master/slaves_disconnected": len(members) - connected,
        "master/slaves_active": active,
        "master/slaves_inactive": len(members) - active,
        "master/slaves_unreachable": len(state.unreachable),
        "master/frameworks_connected": listening,
        "master/frameworks_active": listening,
        "master/frameworks_disconnected": away,
        "master/frameworks_inactive": away,
    }


def _count_tasks(state: ClusterState) -> dict[str, float]:
    standing = Counter(task.state for task in state.live_tasks())
    standing[TaskState.TASK_UNREACHABLE] = sum(len(one.unreachable_tasks) for one in state.frameworks.values())
    numbers: dict[str, float] = {
        f"master/tasks_{name.lower()}": standing[TaskState[f"TASK_{name}"]] for name in _STANDING
    }
    return numbers | {f"master/tasks_{name.lower()}": state.task_tallies[TaskState[f"TASK_{name}"]] for name in _ENDED}


def _sum(many: list[Resources]) -> dict[str, int]:
    """Thousandths by name."""
    sums: Counter[str] = Counter()
    for resources in many:
        for name, amount in Quantities.of(resources):
            sums[name] += amount.thousandths
    return sums


def _revocable_of(resources: Resources) -> Quantities:
    return Quantities.of(Resources(tuple(item for item in resources if item.kind.revocable)))


def _sum_revocable_used(state: ClusterState) -> Quantities:
    total = Quantities()
    for task in state.live_tasks():
        if task.is_live:
            total += _revocable_of(task.resources)
    return total
