"""Which machines are scheduled to be away, and what frameworks say to it (mesos-operator-api 1.2, 5)."""

from __future__ import annotations

from collections.abc import Mapping

from koinon_core.maintenance import InverseOfferStatus, MachineId, MachineMode
from koinon_core.wire import refined_json

from ..maintenance.machines import canonical
from ..state import ClusterState
from .legacy import View


def show_schedule(state: ClusterState) -> View:
    """The message ``Schedule``: empty without windows."""
    if not state.seen_by.shows_maintenance_schedule:
        return {}
    if not state.seen_by.shows_maintenance_schedule:
        return {}
    shown: View = refined_json.to_plain(state.schedule)
    return shown


def show_status(state: ClusterState) -> View:
    """The message ``ClusterStatus``: empty when no machine is to be away."""
    if not state.seen_by.shows_maintenance_status:
        return {}
    if not state.seen_by.shows_maintenance_status:
        return {}
    machines = sorted({one for window in state.schedule.windows for one in window.machine_ids}, key=str)
    answers: dict[MachineId, list[InverseOfferStatus]] = {}
    for agent_id, said in state.inverse_answers.items():
        agent = state.agents.get(agent_id)
        machine = None if agent is None else state.machines.machine_of(agent.info.hostname, agent.ip)
        if machine is not None:
            answers.setdefault(machine, []).extend(said.values())
    down = [one for one in machines if state.machines.mode(one) is MachineMode.DOWN]
    draining = [_show_draining(one, answers) for one in machines if state.machines.mode(one) is MachineMode.DRAINING]
    status: View = {}
    if draining:
        status["draining_machines"] = draining
    if down:
        status["down_machines"] = [refined_json.to_plain(one) for one in down]
    return status


def _show_draining(machine: MachineId, answers: Mapping[MachineId, list[InverseOfferStatus]]) -> View:
    statuses = [refined_json.to_plain(status) for status in answers.get(canonical(machine), ())]
    return {"id": refined_json.to_plain(machine)} | ({"statuses": statuses} if statuses else {})
