"""Which machines are scheduled to be away, and what frameworks say to it (mesos-operator-api 1.2, 5)."""

from __future__ import annotations

from koinon_core.wire import refined_json

from ..maintenance.schedule import DrainingMachine, maintenance_status
from ..state import ClusterState
from .legacy import View


def show_schedule(state: ClusterState) -> View:
    """The message ``Schedule``: empty without windows."""
    if not state.seen_by.shows_maintenance_schedule:
        return {}
    shown: View = refined_json.to_plain(state.schedule)
    return shown


def show_status(state: ClusterState) -> View:
    """The message ``ClusterStatus``: empty when no machine is to be away."""
    if not state.seen_by.shows_maintenance_status:
        return {}
    found = maintenance_status(state)
    status: View = {}
    if found.draining_machines:
        draining = sorted(found.draining_machines, key=lambda one: str(one.id))
        status["draining_machines"] = [_show_draining(one) for one in draining]
    if found.down_machines:
        status["down_machines"] = [refined_json.to_plain(one) for one in sorted(found.down_machines, key=str)]
    return status


def _show_draining(machine: DrainingMachine) -> View:
    statuses = [refined_json.to_plain(status) for status in machine.statuses]
    return {"id": refined_json.to_plain(machine.id)} | ({"statuses": statuses} if statuses else {})
