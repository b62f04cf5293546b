"""Tasks as the API shows them (marathon-v2-api 3.9 and 8).

Instances that wait for an offer have none to show, but for those with something set aside: their last task stands for
them, so that what is kept can be seen, and wiped.
"""

from collections.abc import Callable, Iterable

from ..definition.apps import App
from ..definition.path_ids import PathId, safe_name
from ..instance.instances import Condition, Goal, Instance, InstanceId, Task, make_task_id
from ..instance.reservations import ReservationState
from ..launch.ports import wanted_host_ports
from ..state import State
from ..stream_events import ip_addresses
from ..timestamps import format_seconds, format_timestamp
from .health import check_result, health_results

_STATES = {
    Condition.PROVISIONED: "TASK_STAGING",
    Condition.STAGING: "TASK_STAGING",
    Condition.STARTING: "TASK_STARTING",
    Condition.RUNNING: "TASK_RUNNING",
    Condition.KILLING: "TASK_KILLING",
    Condition.UNREACHABLE: "TASK_UNREACHABLE",
    Condition.UNREACHABLE_INACTIVE: "TASK_UNREACHABLE",
}


def task_object(state: State, instance: Instance, service_ports: Iterable[int] = ()) -> dict[str, object]:
    """One task; of an instance without a task only what is known of it."""
    task, kept = instance.task, instance.reservation
    placement = task.placement if task else kept.placement if kept else None
    shown: dict[str, object] = {
        "id": task.id if task else make_task_id(instance.id, instance.attempt),
        "appId": instance.spec_id,
        "host": placement.hostname if placement else "",
        "state": _STATES.get(instance.condition, "TASK_STAGING") if instance.is_wanted or task else "TASK_KILLED",
        "role": instance.role,
        "ports": list(task.host_ports) if task else [],
        "servicePorts": list(service_ports),
        "ipAddresses": ip_addresses(task),
        "healthCheckResults": health_results(state, instance),
        "localVolumes": local_volumes(instance),
    }
    if kept is not None:
        shown["slaveId"] = kept.agent_id
    if task is None:
        return shown
    shown |= {
        "version": format_timestamp(instance.version),
        "slaveId": task.agent_id,
        "stagedAt": format_seconds(task.staged_at),
    }
    if task.started_at is not None:
        shown["startedAt"] = format_seconds(task.started_at)
    if task.check_result is not None:
        shown["checkResult"] = check_result(task.check_result)
    if task.placement.region is not None:
        shown["region"] = task.placement.region
    if task.placement.zone is not None:
        shown["zone"] = task.placement.zone
    return shown


def has_task_to_show(instance: Instance) -> bool:
    """Whether an instance is listed: it has a task, or had one and keeps what is set aside for it."""
    if instance.task is not None:
        return True
    kept = instance.reservation
    return kept is not None and kept.state is ReservationState.SUSPENDED and instance.goal is not Goal.DECOMMISSIONED


def local_volumes(instance: Instance) -> list[dict[str, object]]:
    """The persistent volumes that stay with an instance."""
    volumes = () if instance.reservation is None else instance.reservation.volumes
    return [
        {
            "runSpecId": instance.spec_id,
            "containerPath": volume.container_path,
            "uuid": volume.uuid,
            "persistenceId": volume.persistence_id,
        }
        for volume in volumes
    ]


def app_tasks(state: State, spec_id: PathId) -> list[dict[str, object]]:
    """The tasks of one app."""
    return [task_object(state, one) for one in state.instances.of_spec(spec_id).values() if has_task_to_show(one)]


def all_tasks(
    state: State, conditions: frozenset[str], may_view: Callable[[PathId], bool] = lambda _: True
) -> list[dict[str, object]]:
    """Every task of every app that may be viewed, with service ports; only instances in one of `conditions`, where any
    is known. Pods have an API of their own.
    """
    wanted = {condition for condition in Condition if condition.value.lower() in {each.lower() for each in conditions}}
    shown = []
    for one in state.instances.all().values():
        if not has_task_to_show(one) or (wanted and one.condition not in wanted):
            continue
        app = state.find_app(one.spec_id)
        if state.find_pod(one.spec_id) is not None or not may_view(one.spec_id):
            continue
        shown.append(task_object(state, one, app.service_ports if app else ()))
    return shown


def find_instances(
    state: State, spec_id: PathId, host: str | None = None, *, with_kept: bool = False
) -> tuple[InstanceId, ...]:
    """The app's instances that have a task, all of them or those on one host; `with_kept`: all that are listed."""
    return tuple(
        one.id
        for one in state.instances.of_spec(spec_id).values()
        if (has_task_to_show(one) if with_kept else one.task is not None) and host in (None, _host(one))
    )


def _host(instance: Instance) -> str | None:
    place = instance.task or instance.reservation
    return place.placement.hostname if place else None


def tasks_text(state: State, apps: Iterable[App], container_networks: frozenset[str] = frozenset()) -> str:
    """A line for each app and service port: id, port and endpoints of running tasks, each followed by a tab.

    A container's port without a host port is one of its own address, told for the networks named; `*` names all.
    """
    return "".join(line for app in apps for line in _lines(state, app, container_networks))


def _lines(state: State, app: App, container_networks: frozenset[str]) -> Iterable[str]:
    running = [
        one.task
        for one in state.instances.of_spec(app.id).values()
        if one.task is not None and one.condition is Condition.RUNNING
    ]
    name = safe_name(app.id)
    if not app.service_ports:
        yield "\t".join((name, " ", *(task.placement.hostname for task in running))) + "\t\n"
        return
    position = 0
    for index, (service_port, wanted) in enumerate(zip(app.service_ports, wanted_host_ports(app), strict=True)):
        if wanted is None:
            endpoints = _own_endpoints(app, index, running, container_networks)
        else:
            reachable = [task for task in running if position < len(task.host_ports)]
            endpoints = [f"{task.placement.hostname}:{task.host_ports[position]}" for task in reachable]
            position += 1
        yield "\t".join((name, str(service_port), *endpoints)) + "\t\n"


def _own_endpoints(app: App, index: int, running: Iterable[Task], container_networks: frozenset[str]) -> list[str]:
    mapping = app.port_mappings[index]
    networks = set(mapping.network_names) or {network.name for network in app.networks if network.name}
    if "*" not in container_networks and not networks & container_networks:
        return []
    addresses = (address["ipAddress"] for task in running for address in ip_addresses(task)[:1])
    return [f"{address}:{mapping.container_port}" for address in addresses]
