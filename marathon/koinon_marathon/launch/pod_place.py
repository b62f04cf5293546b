"""Where one instance of a pod goes, what it gets there, and the ids that follow from it (marathon-semantics 1)."""

from collections.abc import Iterator

import attrs

from koinon_core.ids import AgentId, ExecutorId, FrameworkId, TaskId
from koinon_core.resources import Resources

from ..definition.pod_containers import Endpoint, PodContainer
from ..definition.pods import Pod
from ..instance.instances import InstanceId, executor_name, make_task_id
from .ports import AssignedPort


@attrs.frozen(kw_only=True)
class PodPlace:
    """`ports` are those of all endpoints of the pod in definition order, `resources` are for all of it together."""

    instance_id: InstanceId
    attempt: int
    agent_id: AgentId
    framework_id: FrameworkId | None
    hostname: str
    resources: Resources
    ports: tuple[AssignedPort, ...] = ()
    enforces_group_role: bool = False

    @property
    def executor_id(self) -> ExecutorId:
        """The executor of all tasks of the instance."""
        return ExecutorId(executor_name(self.instance_id, self.attempt))

    def task_id(self, container: PodContainer) -> TaskId:
        """The task of one container."""
        return make_task_id(self.instance_id, self.attempt, container.name)

    def endpoints_of(self, pod: Pod, container: PodContainer) -> Iterator[tuple[Endpoint, AssignedPort]]:
        """The endpoints of one container with what each became."""
        owners = [owner for owner in pod.containers for _ in owner.endpoints]
        for owner, endpoint, port in zip(owners, pod.endpoints, self.ports, strict=True):
            if owner is container:
                yield endpoint, port

    def host_ports_of(self, pod: Pod, container: PodContainer) -> tuple[int, ...]:
        """The host ports of one container, in the order of its endpoints."""
        assigned = (port.host_port for _, port in self.endpoints_of(pod, container))
        return tuple(port for port in assigned if port is not None)
