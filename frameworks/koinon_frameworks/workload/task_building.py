"""A spec and its place become the TaskInfo that the master gets, and before that the task that the matcher looks at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve

from koinon_core.containers import (
    CommandInfo,
    ContainerInfo,
    ContainerType,
    DockerInfo,
    DockerNetwork,
    DurationInfo,
    Environment,
    Label,
    Labels,
    PortMapping,
)
from koinon_core.ids import ExecutorId, TaskId
from koinon_core.tasks import DiscoveryInfo, HealthCheck, KillPolicy, Port, Ports, TaskInfo, Visibility

from ..matching import PlacedTask, WantedTask
from ..variable_names import variable_name
from .slot import Slot
from .spec import TaskPort, TaskSpec


def wanted_task(slot: Slot, task_id: TaskId) -> WantedTask:
    """What a slot needs of an offer."""
    spec = slot.spec
    return WantedTask(
        name=spec.name,
        task_id=task_id,
        executor=spec.executor,
        cpus=spec.cpus,
        mem=spec.mem,
        disk=spec.disk,
        gpus=spec.gpus,
        ports=sum(port.number is None for port in spec.ports),
        host_ports=tuple(port.number for port in spec.ports if port.number is not None),
        constraints=spec.constraints,
        accepted_roles=None if spec.roles is None else frozenset(spec.roles),
    )


def port_numbers(spec: TaskSpec, placed: PlacedTask) -> tuple[int, ...]:
    """The ports of a launch in the order of the spec; the matcher gives those asked for by number first."""
    free = iter(placed.ports[sum(port.number is not None for port in spec.ports) :])
    return tuple(next(free) if port.number is None else port.number for port in spec.ports)


def build_task(
    slot: Slot, placed: PlacedTask, ports: tuple[int, ...], services: Mapping[str, Sequence[str]]
) -> TaskInfo:
    """The task as it is launched. ``services``: the addresses of those it depends on, by name."""
    spec = slot.spec
    is_own = spec.executor is not None
    return evolve(
        placed.task,
        command=None if is_own else _command(slot, placed, ports, services),
        container=_container(spec, ports),
        labels=_labels(spec),
        data=spec.data,
        health_check=_health_check(spec, ports),
        discovery=_discovery(spec, ports),
        kill_policy=None if spec.kill_grace is None else KillPolicy(DurationInfo.of_seconds(spec.kill_grace)),
        # The agent keeps this time even while we are away; a custom executor would not.
        max_completion_time=None if spec.max_run is None or is_own else DurationInfo.of_seconds(spec.max_run),
    )


def fingerprint(spec: TaskSpec) -> str:
    """Changes with all of a spec that a running task would have to be started anew for."""
    parts = (
        (spec.command, spec.args, spec.image, spec.executor, spec.data, sorted(spec.env.items()), spec.uris),
        (spec.volumes, spec.user, sorted(spec.labels.items()), spec.health_check, spec.health_port, spec.kill_grace),
        (spec.cpus, spec.mem, spec.disk, spec.gpus, spec.ports, spec.constraints, spec.max_run),
        sorted(spec.roles) if spec.roles is not None else None,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def executor_id_of(spec: TaskSpec) -> ExecutorId | None:
    """Who runs it, where that is a program of the owner's."""
    return None if spec.executor is None else spec.executor.executor_id


def _command(
    slot: Slot, placed: PlacedTask, ports: tuple[int, ...], services: Mapping[str, Sequence[str]]
) -> CommandInfo:
    spec = slot.spec
    told = {**dict(_environment(slot, placed, ports)), **dict(_addresses(services)), **spec.env}
    common = CommandInfo(uris=spec.uris, user=spec.user, environment=Environment.of(told))
    if spec.command is not None:
        return evolve(common, value=spec.command)
    # Without an image the first word is also what is executed; with one, the image has its entrypoint.
    executable = spec.args[0] if spec.args and spec.image is None else None
    return evolve(common, shell=False, value=executable, arguments=spec.args)


def _environment(slot: Slot, placed: PlacedTask, ports: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    """What every task is told of itself."""
    yield "HOST", placed.placement.hostname
    yield "TASK_NAME", slot.key.name
    yield "TASK_INDEX", str(slot.key.index)
    yield "TASK_ATTEMPT", str(slot.failures + 1)
    for index, (port, number) in enumerate(zip(slot.spec.ports, ports, strict=True)):
        # Within a container of its own network the agent's number would lead nowhere.
        inside = str(port.container_port or number)
        yield f"PORT{index}", inside
        yield f"PORT_{variable_name(port.name)}", inside
        yield f"HOST_PORT{index}", str(number)


def _addresses(services: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Where the services are that it depends on: the first as DB_ADDRESS, all as DB_ADDRESSES with commas between."""
    for name, addresses in services.items():
        if addresses:
            yield f"{variable_name(name)}_ADDRESS", addresses[0]
            yield f"{variable_name(name)}_ADDRESSES", ",".join(addresses)


def _container(spec: TaskSpec, ports: tuple[int, ...]) -> ContainerInfo | None:
    if spec.image is None:
        return ContainerInfo(type=ContainerType.MESOS, volumes=spec.volumes) if spec.volumes else None
    mappings = tuple(
        PortMapping(host_port=number, container_port=port.container_port, protocol=port.protocol)
        for port, number in zip(spec.ports, ports, strict=True)
        if port.container_port is not None
    )
    network = DockerNetwork.BRIDGE if mappings else DockerNetwork.HOST
    docker = DockerInfo(image=spec.image, network=network, port_mappings=mappings)
    return ContainerInfo(type=ContainerType.DOCKER, volumes=spec.volumes, docker=docker)


def _labels(spec: TaskSpec) -> Labels | None:
    return Labels(tuple(Label(key, value) for key, value in spec.labels.items())) if spec.labels else None


def _health_check(spec: TaskSpec, ports: tuple[int, ...]) -> HealthCheck | None:
    check = spec.health_check
    if check is None or spec.health_port is None:
        return check
    named = {port.name: (port, number) for port, number in zip(spec.ports, ports, strict=True)}
    port, number = named[spec.health_port]
    asked = _port_that_answers(port, number)
    http = None if check.http is None else evolve(check.http, port=asked)
    return evolve(check, http=http, tcp=None if check.tcp is None else evolve(check.tcp, port=asked))


def _port_that_answers(port: TaskPort, number: int) -> int:
    """The agent asks a task where that task's network is."""
    return port.container_port or number


def _discovery(spec: TaskSpec, ports: tuple[int, ...]) -> DiscoveryInfo | None:
    if not ports:
        return None
    named = tuple(
        Port(number=number, name=port.name, protocol=port.protocol)
        for port, number in zip(spec.ports, ports, strict=True)
    )
    return DiscoveryInfo(visibility=Visibility.FRAMEWORK, name=spec.name, ports=Ports(named))
