"""What the agent adds to a status that an executor tells (mesos-v1-api 3.2). Pure."""

from __future__ import annotations

from attrs import evolve

from koinon_core.containers import ContainerIdInfo, ContainerStatus, NetworkInfo
from koinon_core.ids import AgentId
from koinon_core.tasks import TaskStatus

from ..tasks.machine import ip_address
from ..timers import Moment
from .machine import ExecutorMachine


def complete_status(
    status: TaskStatus, machine: ExecutorMachine, agent_id: AgentId | None, agent_ip: str, now: Moment
) -> TaskStatus:
    """The status with agent, time and container. What the executor says of the latter two itself counts."""
    return evolve(
        status,
        agent_id=agent_id,
        timestamp=now.wall if status.timestamp is None else status.timestamp,
        container_status=_complete_container(status.container_status, machine, agent_ip),
    )


def _complete_container(given: ContainerStatus | None, machine: ExecutorMachine, agent_ip: str) -> ContainerStatus:
    """A container without an address of its own has the agent's: clients look for one."""
    found, run = given or ContainerStatus(), machine.run
    addresses = (run.ip_addresses if run is not None else ()) or (agent_ip,)
    own = (NetworkInfo(ip_addresses=tuple(ip_address(ip) for ip in addresses)),)
    return evolve(
        found,
        container_id=found.container_id or ContainerIdInfo(value=machine.container_id),
        network_infos=found.network_infos or own,
        executor_pid=found.executor_pid if found.executor_pid is not None or run is None else run.pid,
    )
