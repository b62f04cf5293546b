"""The environment of a pod's containers: marathon-semantics 14.1. What Marathon tells overrides what the user says."""

import re

from ..definition.pod_containers import PodContainer
from ..definition.pods import Pod
from ..timestamps import format_timestamp
from .environment import label_variables
from .pod_place import PodPlace


def container_environment(pod: Pod, container: PodContainer, place: PodPlace, prefix: str = "") -> dict[str, str]:
    """All plain variables of one container; secrets are added by `pod_group`. `prefix` leads those of endpoints."""
    said = {**pod.environment, **container.environment}
    return {
        **{name: value for name, value in said.items() if isinstance(value, str)},
        "HOST": place.hostname,
        **_context(pod, container, place),
        **label_variables({**pod.labels, **container.labels}),
        **endpoint_variables(pod, place, prefix.upper()),
    }


def endpoint_variables(pod: Pod, place: PodPlace, prefix: str) -> dict[str, str]:
    """Where the endpoints of the whole pod are, so that each container finds the others."""
    variables: dict[str, str] = {}
    for endpoint, port in zip(pod.endpoints, place.ports, strict=True):
        name = re.sub(r"[^A-Z0-9_]+", "_", endpoint.name.upper())
        own = port.host_port if pod.is_host_networked else port.container_port
        numbers = {"ENDPOINT": own, "EP_HOST": port.host_port, "EP_CONTAINER": port.container_port}
        variables |= {f"{prefix}{kind}_{name}": str(number) for kind, number in numbers.items() if number is not None}
    return variables


def _context(pod: Pod, container: PodContainer, place: PodPlace) -> dict[str, str]:
    resources = container.resources
    return {
        "MESOS_TASK_ID": place.task_id(container),
        "MESOS_EXECUTOR_ID": place.executor_id,
        "MARATHON_APP_ID": pod.id,
        "MARATHON_APP_VERSION": format_timestamp(pod.version),
        "MARATHON_APP_ENFORCE_GROUP_ROLE": "TRUE" if place.enforces_group_role else "FALSE",
        "MARATHON_CONTAINER_ID": container.name,
        "MARATHON_CONTAINER_RESOURCE_CPUS": str(float(resources.cpus)),
        "MARATHON_CONTAINER_RESOURCE_MEM": str(float(resources.mem)),
        "MARATHON_CONTAINER_RESOURCE_DISK": str(float(resources.disk)),
        "MARATHON_CONTAINER_RESOURCE_GPUS": str(resources.gpus),
    }
