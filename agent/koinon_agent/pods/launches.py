"""Which groups a pod can take, and what is started for them (mesos-v1-api 2.5, 4.3; mesos-semantics 7.4). Pure."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve, frozen

from koinon_core.containers import ContainerType
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId
from koinon_core.linux import IpcMode
from koinon_core.tasks import ExecutorInfo, TaskInfo

from ..containerizer import Launch, PodPlace, Workload
from ..executors.environment import executor_environment
from ..settings import AgentSettings
from ..tasks.launches import Delivery, find_volumes, user_of
from ..tasks.machine import TaskMachine
from .network import needs_container, pod_workload
from .pod import Pod
from .volumes import (
    find_executor_volume_problem,
    find_shared_volume_problem,
    has_image,
    mounted_volumes,
    split_volumes,
)

TASKS = "tasks"
"""The directory in an executor's sandbox that holds those of its tasks."""


def task_sandbox(pod_sandbox: str, task: TaskInfo) -> str:
    """The sandbox of a task, within that of its pod."""
    return str(Path(pod_sandbox, TASKS, task.task_id))


def find_group_problem(delivery: Delivery, executor: ExecutorInfo) -> str | None:
    """Why no task of a group can be started, or None. What a containerizer refuses comes out when it is asked."""
    if problem := find_executor_volume_problem(executor):
        return f"executor {executor.executor_id}: {problem}"
    has_network = needs_container(executor)
    for task in delivery.tasks:
        if problem := _find_task_problem(task, has_network=has_network):
            return f"task {task.task_id}: {problem}"
    return None


def _find_task_problem(task: TaskInfo, *, has_network: bool) -> str | None:
    container = task.container
    if container is not None and container.type is ContainerType.DOCKER:
        return "a task of a pod can't have a container of type DOCKER; give it type MESOS and mesos.image"
    if container is not None and container.network_infos:
        return "a task of a pod can't have network_infos of its own; they are the executor's"
    if has_network and not has_image(container):
        return (
            "without container.mesos.image it runs as a plain process, which can't join the pod's network; "
            "give it an image, or leave the pod on the host's network"
        )
    if has_network and container is not None and container.hostname:
        return "a task of a pod can't have a hostname of its own; it is the executor's"
    return find_shared_volume_problem(task)


@frozen(kw_only=True)
class Planner:
    """Makes the launches of one agent's pods."""

    settings: AgentSettings
    agent_id: AgentId

    def pod(self, pod: Pod, framework: FrameworkInfo) -> Launch:
        """The pod's own container."""
        tasks = [machine.task for machine in pod.machines()]
        return Launch(
            container_id=pod.container_id,
            framework_id=pod.key.framework_id,
            agent_id=self.agent_id,
            executor_id=pod.key.executor_id,
            workload=pod_workload(pod.executor, tasks),
            sandbox=pod.sandbox,
            environment={},
            user=framework.user if self.settings.switches_user else None,
        )

    def task(self, pod: Pod, machine: TaskMachine) -> Launch:
        """One task of a pod."""
        task, framework, settings = machine.task, machine.framework, self.settings
        workload, place = self._place(pod, machine)
        return Launch(
            container_id=machine.container_id,
            framework_id=pod.key.framework_id,
            agent_id=self.agent_id,
            executor_id=pod.key.executor_id,
            task_id=task.task_id,
            workload=workload,
            sandbox=Path(machine.accepted.sandbox),
            environment={**executor_environment(settings, self.agent_id, framework, task), **pod.variables()},
            user=user_of(framework, task) if settings.switches_user else None,
            volumes=find_volumes(task, settings.find_volume),
            pod=place,
        )

    def _place(self, pod: Pod, machine: TaskMachine) -> tuple[Workload, PodPlace]:
        task, framework = machine.task, machine.framework
        mounted = mounted_volumes(pod.executor, self.settings.find_volume)
        shared, volumes = split_volumes(task, pod.sandbox, mounted)
        place = PodPlace(
            container_id=pod.container_id,
            sandbox=pod.sandbox,
            user=framework.user if self.settings.switches_user else None,
            joins=pod.has_container,
            shared=shared,
        )
        workload = Workload.of_task(task)
        if workload.container is not None:
            workload = evolve(workload, container=evolve(workload.container, volumes=volumes))
        return _share_namespaces(workload, place)


def _share_namespaces(workload: Workload, place: PodPlace) -> tuple[Workload, PodPlace]:
    """In a pod with a container, what LinuxInfo says of a parent is about that container, not about the host."""
    container = workload.container
    if container is None or not place.joins or (linux := container.linux_info) is None:
        return workload, place
    shares_ipc = linux.ipc_mode is IpcMode.SHARE_PARENT
    place = evolve(place, shares_ipc=shares_ipc, shares_pids=bool(linux.share_pid_namespace))
    linux = evolve(linux, ipc_mode=None if shares_ipc else linux.ipc_mode, share_pid_namespace=None)
    return evolve(workload, container=evolve(container, linux_info=linux)), place
