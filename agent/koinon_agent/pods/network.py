"""Which pods need a container of their own, and what it is like (mesos-semantics 7, 9.4). Pure.

A pod that has a network of its own, or IPC objects, has a container that does nothing but hold them: it runs what
``docker/images/pause.py`` makes. How a network by its name becomes one of the engine's is told by
``docker/request/wanted.py``.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from koinon_core.containers import (
    ContainerInfo,
    ContainerType,
    DockerImage,
    DockerNetwork,
    Image,
    ImageType,
    MesosInfo,
)
from koinon_core.linux import IpcMode
from koinon_core.tasks import ExecutorInfo, TaskInfo

from ..containerizer import Workload
from ..containerizer.docker.images.pause import PAUSE_IMAGE
from ..containerizer.docker.request.wanted import read_wanted

_PAUSE = MesosInfo(Image(type=ImageType.DOCKER, docker=DockerImage(name=PAUSE_IMAGE)))


def _container(executor: ExecutorInfo) -> ContainerInfo:
    asked = executor.container or ContainerInfo(type=ContainerType.MESOS)
    return evolve(asked, mesos=_PAUSE, volumes=())


def needs_container(executor: ExecutorInfo) -> bool:
    """Whether a pod can't do with the host's network and IPC objects."""
    container = _container(executor)
    linux = container.linux_info
    has_ipc = linux is not None and (linux.ipc_mode is IpcMode.PRIVATE or linux.shm_size is not None)
    return has_ipc or read_wanted(container).network is not DockerNetwork.HOST


def pod_workload(executor: ExecutorInfo, tasks: Iterable[TaskInfo]) -> Workload:
    """What runs in a pod's own container. The ports that lead to it may stand among the resources of its ``tasks``."""
    resources = executor.resources
    for task in tasks:
        resources = resources + task.resources.named("ports")
    return Workload(container=_container(executor), resources=resources)
