"""Groups of tasks under the default executor, as a master hands them to an agent."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from fakes.agent_bench import FRAMEWORK_ID, make_framework, make_task
from koinon_core.agent_link import RunTaskGroup
from koinon_core.containers import (
    ContainerInfo,
    ContainerType,
    DockerImage,
    Image,
    ImageType,
    MesosInfo,
    NetworkInfo,
    PortMapping,
    SandboxPath,
    SandboxPathType,
    Volume,
    VolumeMode,
    VolumeSource,
    VolumeSourceType,
)
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import ExecutorId
from koinon_core.offers import TaskGroupInfo
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import ExecutorInfo, ExecutorType, TaskInfo

POD = ExecutorId("pod")


def make_executor(*networks: NetworkInfo, **changes: Any) -> ExecutorInfo:
    """A default executor on these networks, or on the host's; keywords change it."""
    executor = ExecutorInfo(
        executor_id=POD,
        type=ExecutorType.DEFAULT,
        framework_id=FRAMEWORK_ID,
        resources=parse_resources("cpus:0.1;mem:32;disk:10"),
        container=ContainerInfo(type=ContainerType.MESOS, network_infos=networks) if networks else None,
    )
    return evolve(executor, **changes)


def bridge(*ports: tuple[int, int]) -> NetworkInfo:
    """The bridge, with these ports of the host leading to those of the pod."""
    mappings = tuple(PortMapping(host_port=host, container_port=inner) for host, inner in ports)
    return NetworkInfo(name="mesos-bridge", port_mappings=mappings)


def in_image(image: str, *volumes: Volume) -> ContainerInfo:
    """A container of type MESOS with a Docker image."""
    asked = Image(type=ImageType.DOCKER, docker=DockerImage(name=image))
    return ContainerInfo(type=ContainerType.MESOS, mesos=MesosInfo(asked), volumes=volumes)


def of_sandbox(
    path: str, at: str, kind: SandboxPathType = SandboxPathType.PARENT, mode: VolumeMode = VolumeMode.RW
) -> Volume:
    """A directory of a sandbox, shown at another path."""
    source = VolumeSource(type=VolumeSourceType.SANDBOX_PATH, sandbox_path=SandboxPath(type=kind, path=path))
    return Volume(mode=mode, container_path=at, source=source)


def group(*tasks: TaskInfo | str, executor: ExecutorInfo | None = None, **framework: FrameworkInfo) -> RunTaskGroup:
    """These tasks, or plain ones of these names, in one launch."""
    infos = tuple(make_task(task) if isinstance(task, str) else task for task in tasks)
    return RunTaskGroup(
        framework=framework.get("framework") or make_framework(),
        executor=executor or make_executor(),
        task_group=TaskGroupInfo(infos),
    )
