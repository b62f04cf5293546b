"""The agent's containers and what they use, in the shapes of ``/containers`` and ``/monitor/statistics``
(mesos-operator-api 3.8). Pure.

One container an executor: that of a task that runs by itself is the task's; tasks that an executor runs are part of
the executor's, wherever the kernel counts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

import attrs
from attrs import Factory, define, evolve

from koinon_core.containers import ContainerIdInfo, ContainerStatus, IpAddress, NetworkInfo
from koinon_core.ids import ContainerId, ExecutorId, FrameworkId
from koinon_core.resources import NOTHING, Resources
from koinon_core.scalars import Limit, Scalar
from koinon_core.statistics import ResourceStatistics
from koinon_core.wire import plain_json

from ..agent import Agent
from ..checkpoint.records import ExecutorAccepted
from ..containerizer import ContainerRun
from ..executors.environment import executor_id_of
from ..executors.names import name_command_executor
from ..tasks.machine import TaskMachine
from ..timers import ExecutorKey

View = dict[str, Any]
_MEGABYTE = 1 << 20
_NO_SUMS = frozenset({"timestamp", "disk_statistics", "blkio_statistics", "net_ephemeral_ports"})


@define(kw_only=True)
class Listed:
    """An executor's container. ``sandboxes`` are by container, its own and those of tasks with containers within.

    ``is_standalone``: it is no executor's, and what is said of one is empty.
    """

    container_id: ContainerId
    framework_id: FrameworkId
    executor_id: ExecutorId
    name: str
    source: str
    resources: Resources = NOTHING
    limits: dict[str, Limit] = Factory(dict)
    sandboxes: dict[ContainerId, str] = Factory(dict)
    run: ContainerRun | None = None
    is_standalone: bool = False

    def add(self, machine: TaskMachine) -> None:
        """One of its tasks."""
        task = machine.task
        self.resources = self.resources + task.resources.allocated_to(None)
        for name, limit in (task.limits or {}).items():
            earlier = self.limits.get(name)
            is_sum = isinstance(limit, Scalar) and isinstance(earlier, Scalar)
            self.limits[name] = limit + earlier if is_sum else earlier or limit  # type: ignore[operator]
        self.sandboxes.setdefault(machine.container_id, machine.accepted.sandbox)
        if machine.container_id == self.container_id and machine.run is not None:
            self.run = machine.run


def list_containers(agent: Agent) -> list[Listed]:
    """Those of tasks that have not ended, and those of executors with tasks or without."""
    pods = [_of_executor(pod.accepted) for pod in agent.pods]
    executors = [_of_executor(machine.accepted, machine.run) for machine in agent.executors]
    listed = {ExecutorKey(one.framework_id, one.executor_id): one for one in (*pods, *executors)}
    for machine in agent.tasks.live():
        key = ExecutorKey(machine.key.framework_id, executor_id_of(machine.task))
        if key not in listed:
            listed[key] = _of_task(machine)
        listed[key].add(machine)
    return list(listed.values())


def _of_executor(accepted: ExecutorAccepted, run: ContainerRun | None = None) -> Listed:
    executor = accepted.executor
    return Listed(
        container_id=accepted.container_id,
        framework_id=accepted.framework_id,
        executor_id=executor.executor_id,
        name=executor.name or "",
        source=executor.source or "",
        resources=executor.resources.allocated_to(None),
        sandboxes={accepted.container_id: accepted.sandbox},
        run=run,
    )


def _of_task(machine: TaskMachine) -> Listed:
    task, info = machine.task, machine.task.executor
    return Listed(
        container_id=machine.container_id,
        framework_id=machine.key.framework_id,
        executor_id=executor_id_of(task),
        name=name_command_executor(task) if info is None else info.name or "",
        source=str(task.task_id) if info is None else info.source or "",
    )


def filter_containers(listed: Iterable[Listed], query: Mapping[str, str]) -> list[Listed]:
    """Those that ``container_id``, ``framework_id`` and ``executor_id`` leave, each where it is given."""
    names = [name for name in ("container_id", "framework_id", "executor_id") if name in query]
    return [one for one in listed if all(getattr(one, name) == query[name] for name in names)]


def add_samples(samples: Iterable[ResourceStatistics]) -> ResourceStatistics | None:
    """Several containers as one; None of none. What only some of them tell is the sum of those."""
    items = list(samples)
    if not items:
        return None
    if len(items) == 1:
        return items[0]
    sums: View = {}
    for field in attrs.fields(ResourceStatistics):
        values = [value for item in items if (value := getattr(item, field.name)) is not None]
        if field.name not in _NO_SUMS and values:
            sums[field.name] = sum(values)
    return ResourceStatistics(timestamp=max(item.timestamp for item in items), **sums)


def with_limits(sample: ResourceStatistics, container: Listed, *, is_cpu_limited: bool) -> ResourceStatistics:
    """The sample with what was asked for, where the kernel names no limit of its own."""
    cpus, memory, disk = (float(container.resources.scalar(name)) for name in ("cpus", "mem", "disk"))
    cpu_limit = float(container.limits.get("cpus", cpus if is_cpu_limited else 0.0))
    memory_limit = float(container.limits.get("mem", memory))
    asked: View = {
        "cpus_soft_limit": cpus or None,
        "cpus_limit": cpu_limit if cpu_limit and isfinite(cpu_limit) else None,
        "mem_soft_limit_bytes": _bytes(memory),
        "mem_limit_bytes": _bytes(memory_limit),
        "disk_limit_bytes": _bytes(disk),
    }
    return evolve(sample, **{name: value for name, value in asked.items() if getattr(sample, name) is None})


def _bytes(megabytes: float) -> int | None:
    return int(megabytes * _MEGABYTE) if megabytes and isfinite(megabytes) else None


def show_statistics(container: Listed, sample: ResourceStatistics | None) -> View:
    """One of ``/monitor/statistics``; without ``statistics`` where nothing could be learnt."""
    view: View = {
        "executor_id": container.executor_id,
        "executor_name": container.name,
        "framework_id": container.framework_id,
        "source": container.source,
    }
    return view if sample is None else view | {"statistics": plain_json.to_plain(sample)}


def show_container(container: Listed, sample: ResourceStatistics | None) -> View:
    """One of ``/containers``."""
    view = {"container_id": container.container_id, **show_statistics(container, sample)}
    return view | {"status": plain_json.to_plain(_status(container))}


def _status(container: Listed) -> ContainerStatus:
    run = container.run
    addresses = tuple(IpAddress(ip_address=address) for address in run.ip_addresses) if run is not None else ()
    return ContainerStatus(
        container_id=ContainerIdInfo(value=container.container_id),
        network_infos=(NetworkInfo(ip_addresses=addresses),) if addresses else (),
        executor_pid=run.pid if run is not None else None,
    )
