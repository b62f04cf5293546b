"""Pods as the API shows them: their status, that of their instances and containers (marathon-v2-api 12)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from ..codec.encoding import encode_value
from ..codec.pods import encode_pod
from ..definition.networks import NetworkMode
from ..definition.path_ids import PathId
from ..definition.pod_containers import ContainerHealthCheck, PodContainer
from ..definition.pods import Pod
from ..instance.instances import Condition, Instance, Task, TaskFailure, container_of, instance_of
from ..state import State
from ..timestamps import format_seconds, format_timestamp
from .tasks import local_volumes

_UNREACHABLE = "pod instance has become unreachable"
_UNHEALTHY = "at least one container is not healthy"
_REPORTED, _UNREPORTED = "health-reported-by-mesos", "health-unreported-by-mesos"
_HOLDING = frozenset(
    {Condition.STAGING, Condition.STARTING, Condition.RUNNING, Condition.UNREACHABLE, Condition.KILLING}
)
"""Conditions of a task that holds its resources."""
_NOT_YET_RUN = frozenset({Condition.PROVISIONED, Condition.STAGING, Condition.STARTING})
_INSTANCE_STATES = {
    Condition.SCHEDULED: "PENDING",
    Condition.PROVISIONED: "PENDING",
    Condition.STAGING: "STAGING",
    Condition.STARTING: "STAGING",
    Condition.RUNNING: "STABLE",
    Condition.UNREACHABLE: "DEGRADED",
    Condition.UNREACHABLE_INACTIVE: "DEGRADED",
}


def pod_status(state: State, pod: Pod, now: float) -> dict[str, object]:
    """One pod with all its instances but those that were never on an agent."""
    members = [one for one in state.instances.of_spec(pod.id).values() if one.tasks or one.attempt]
    instances = [pod_instance_status(state, pod, one) for one in members]
    since = format_seconds(max((one.since for one in members), default=now))
    failure = state.failures.get(pod.id)
    return {
        "id": pod.id,
        "spec": encode_pod(pod),
        "status": _pod_state(state, pod, instances),
        "statusSince": since,
        "instances": instances,
        "terminationHistory": [] if failure is None else [_termination(failure)],
        "lastUpdated": format_seconds(now),
        "lastChanged": since,
    }


def pod_instance_status(state: State, pod: Pod, instance: Instance) -> dict[str, object]:
    """One instance. What it runs is the definition of its own version, where that is still kept."""
    own = state.definition_of(instance)
    spec = own if isinstance(own, Pod) else pod
    containers = [container_status(spec, task) for task in instance.tasks]
    status, message = _instance_state(instance, containers)
    since = format_seconds(instance.since)
    shown: dict[str, object] = {
        "id": instance.id,
        "status": status,
        "statusSince": since,
        "conditions": [],
        **_agent(instance),
        "resources": _resources(spec, instance.tasks),
        "networks": _networks(spec, instance.tasks, state.options.mesos_bridge_name),
        "containers": containers,
        "specReference": f"/v2/pods{instance.spec_id}::versions/{format_timestamp(instance.version)}",
        "localVolumes": local_volumes(instance),
        "lastUpdated": since,
        "lastChanged": since,
        "role": instance.role,
    }
    return shown if message is None else shown | {"message": message}


def container_status(pod: Pod, task: Task) -> dict[str, object]:
    """One container, under the name that its task id has."""
    name = container_of(task.id)
    container = pod.find_container(name)
    since = format_seconds(task.started_at or task.staged_at)
    shown: dict[str, object] = {
        "name": name or task.id,
        "status": "TASK_STAGING" if task.condition is Condition.PROVISIONED else f"TASK_{task.condition.name}",
        "statusSince": since,
        "conditions": [] if container is None else _health_conditions(container, task, since),
        "containerId": task.id,
        "endpoints": [] if container is None or task.condition.is_terminal else _endpoints(container, task),
        "lastUpdated": since,
        "lastChanged": since,
    }
    if container is not None and task.condition in _HOLDING:
        amounts = container.resources
        shown["resources"] = {"cpus": amounts.cpus, "mem": amounts.mem, "disk": amounts.disk, "gpus": amounts.gpus}
    return shown


def killed_instance(state: State, instance: Instance) -> dict[str, object]:
    """An instance as the answer to its kill tells of it: as it was."""
    known: dict[str, object] = {
        "condition": instance.condition.value,
        "since": format_seconds(instance.since),
        "goal": instance.goal.value,
    }
    started = [task.started_at for task in instance.tasks if task.started_at is not None]
    if started:
        known["activeSince"] = format_seconds(min(started))
    healthy = state.health_of(instance)
    if healthy is not None:
        known["healthy"] = healthy
    shown: dict[str, object] = {
        "instanceId": instance.id,
        "state": known,
        "runSpecVersion": format_timestamp(instance.version),
        "unreachableStrategy": encode_value(state.strategy_of(instance)),
    }
    return shown if instance.task is None else shown | {"agentInfo": _agent_info(instance.task)}


def find_pod_or_leaving(state: State, path: PathId) -> Pod | None:
    """The pod of that id, or the one that a deployment is about to remove."""
    return state.find_pod(path) or leaving_pods(state).get(path)


def leaving_pods(state: State) -> dict[PathId, Pod]:
    """The pods that deployments remove, while some of them is there."""
    return {
        path: spec
        for deployment in state.deployments.values()
        for path, spec in deployment.plan.original.items()
        if isinstance(spec, Pod) and path not in deployment.plan.target and path not in state.specs
    }


def pod_version(state: State, path: PathId, version: datetime) -> Pod | None:
    """A pod as it was at a version."""
    found = state.versions.get(path, {}).get(version)
    return found if isinstance(found, Pod) else None


def _pod_state(state: State, pod: Pod, instances: Iterable[Mapping[str, object]]) -> str:
    if pod.id not in state.specs:
        return "TERMINAL"
    stable = sum(one["status"] == "STABLE" for one in instances)
    return "STABLE" if stable >= pod.instances else "DEGRADED"


def _instance_state(instance: Instance, containers: Iterable[Mapping[str, object]]) -> tuple[str, str | None]:
    status = _INSTANCE_STATES.get(instance.condition, "TERMINAL")
    if instance.condition.is_lost:
        return status, _UNREACHABLE
    if status == "STABLE" and any(_is_unhealthy(one) for one in containers):
        return "DEGRADED", _UNHEALTHY
    return status, None


def _is_unhealthy(container: Mapping[str, object]) -> bool:
    conditions = container["conditions"]
    return isinstance(conditions, list) and any(each["value"] == "false" for each in conditions)


def _health_conditions(container: PodContainer, task: Task, since: str) -> list[dict[str, object]]:
    """What the agent's check says; a container that has yet to say something is not well."""
    if container.health_check is None or task.condition in _NOT_YET_RUN or task.condition.is_terminal:
        return []
    return [
        {
            "name": "healthy",
            "value": "true" if task.healthy else "false",
            "reason": _UNREPORTED if task.healthy is None else _REPORTED,
            "lastChanged": since,
            "lastUpdated": since,
        }
    ]


def _endpoints(container: PodContainer, task: Task) -> list[dict[str, object]]:
    host_ports = iter(task.host_ports)
    checked = _checked_endpoint(container.health_check)
    shown = []
    for endpoint in container.endpoints:
        one: dict[str, object] = {"name": endpoint.name}
        allocated = None if endpoint.host_port is None else next(host_ports, None)
        if allocated is not None:
            one["allocatedHostPort"] = allocated
        if endpoint.name == checked and task.healthy is not None:
            one["healthy"] = task.healthy
        shown.append(one)
    return shown


def _checked_endpoint(check: ContainerHealthCheck | None) -> str | None:
    asked = None if check is None else check.http or check.tcp
    return None if asked is None else asked.endpoint


def _agent(instance: Instance) -> dict[str, object]:
    task = instance.task
    if task is None:
        return {}
    place = task.placement
    known = {"agentRegion": place.region, "agentZone": place.zone}
    told = {key: value for key, value in known.items() if value is not None}
    return {"agentHostname": place.hostname, "agentId": task.agent_id, **told}


def _agent_info(task: Task) -> dict[str, object]:
    place = task.placement
    known = {"region": place.region, "zone": place.zone}
    told = {key: value for key, value in known.items() if value is not None}
    return {"host": place.hostname, "agentId": task.agent_id, **told, "attributes": []}


def _resources(pod: Pod, tasks: Iterable[Task]) -> dict[str, object]:
    """What the instance holds, the executor's share included."""
    found = [pod.find_container(container_of(task.id)) for task in tasks if task.condition in _HOLDING]
    held = [container.resources for container in found if container is not None]
    own = pod.executor_resources
    return {
        "cpus": round(own.cpus + sum(one.cpus for one in held), 3),
        "mem": round(own.mem + sum(one.mem for one in held), 3),
        "disk": round(own.disk + sum(one.disk for one in held), 3),
        "gpus": sum(one.gpus for one in held),
    }


def _networks(pod: Pod, tasks: Iterable[Task], bridge_name: str) -> list[dict[str, object]]:
    """All containers share one address a network; which of several networks has which address, nobody tells us."""
    told = [address.ip_address for task in tasks for address in task.ip_addresses if address.ip_address is not None]
    addresses = list(dict.fromkeys(told))
    if not addresses:
        return []
    own = [network for network in pod.networks if network.mode is not NetworkMode.HOST]
    if len(own) != 1:
        return [{"addresses": addresses}]
    name = bridge_name if own[0].mode is NetworkMode.BRIDGE else own[0].name
    return [{"name": name, "addresses": addresses}]


def _termination(failure: TaskFailure) -> dict[str, object]:
    """The last end that nobody asked for."""
    return {
        "instanceID": instance_of(failure.task_id) or "",
        "startedAt": format_seconds(failure.at if failure.started_at is None else failure.started_at),
        "terminatedAt": format_seconds(failure.at),
        "message": failure.message,
        "containers": [{"containerId": failure.task_id, "lastKnownState": failure.state.name}],
    }
