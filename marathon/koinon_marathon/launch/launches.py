"""From a match to what is launched: an app's task, or a pod's group of tasks, and the instance's own view of them."""

from collections.abc import Sequence

import attrs

from koinon_core.offers import Launch, LaunchGroup, Offer, Operation, OperationType
from koinon_core.tasks import TaskInfo
from koinon_frameworks.matching.placement import Placement

from ..definition.apps import App
from ..definition.groups import find_top_group
from ..definition.path_ids import segments
from ..definition.pods import Pod
from ..definition.run_specs import RunSpec
from ..instance.instances import Instance, Task, make_task_id
from ..plugins.hooks import SpecHooks, TaskWithheld
from ..turn import Turn
from .matcher import Match
from .pod_group import build_group
from .pod_place import PodPlace
from .ports import chosen_container_ports
from .task_builder import LaunchPlace, build_task


@attrs.frozen(kw_only=True)
class Seat:
    """What an instance got, and where."""

    offer: Offer
    placement: Placement
    match: Match


@attrs.frozen
class Launching:
    """What the master is told to launch, and the tasks that the instance has from now on."""

    wanted: TaskInfo | LaunchGroup
    tasks: tuple[Task, ...]


def prepare_launch(turn: Turn, spec: RunSpec, instance: Instance, seat: Seat) -> Launching | TaskWithheld:
    """The next launch of an instance, as the plugins want it; or why one of them keeps it from being launched."""
    match spec:
        case App():
            launching = _prepare_app(turn, spec, instance, seat)
        case Pod():
            launching = _prepare_pod(turn, spec, instance, seat)
    wanted = _processed(turn.state.hooks, spec, launching.wanted)
    return wanted if isinstance(wanted, TaskWithheld) else attrs.evolve(launching, wanted=wanted)


def _processed(
    hooks: SpecHooks, spec: RunSpec, wanted: TaskInfo | LaunchGroup
) -> TaskInfo | LaunchGroup | TaskWithheld:
    if isinstance(wanted, TaskInfo):
        return hooks.process(spec, wanted)
    tasks: list[TaskInfo] = []
    for task in wanted.task_group.tasks:
        processed = hooks.process(spec, task)
        if isinstance(processed, TaskWithheld):
            return processed
        tasks.append(processed)
    return attrs.evolve(wanted, task_group=attrs.evolve(wanted.task_group, tasks=tuple(tasks)))


def launch_operations(wanted: Sequence[TaskInfo | LaunchGroup]) -> tuple[Operation, ...]:
    """All tasks of apps as one operation, each pod as one of its own: it launches whole or not at all."""
    tasks = tuple(one for one in wanted if isinstance(one, TaskInfo))
    groups = tuple(one for one in wanted if isinstance(one, LaunchGroup))
    launches = (Operation(type=OperationType.LAUNCH, launch=Launch(tasks)),) if tasks else ()
    return (*launches, *(Operation(type=OperationType.LAUNCH_GROUP, launch_group=group) for group in groups))


def _prepare_app(turn: Turn, app: App, instance: Instance, seat: Seat) -> Launching:
    match = seat.match
    place = LaunchPlace(
        task_id=make_task_id(instance.id, instance.attempt + 1),
        agent_id=seat.offer.agent_id,
        hostname=seat.offer.hostname,
        resources=match.resources.without(match.executor),
        executor_resources=match.executor,
        ports=match.ports,
        enforces_group_role=_enforces_group_role(turn, app),
    )
    task = Task(
        id=place.task_id,
        agent_id=place.agent_id,
        placement=seat.placement,
        host_ports=tuple(port.host_port for port in match.ports if port.host_port is not None),
        container_ports=chosen_container_ports(app, match.ports),
        staged_at=turn.now,
    )
    return Launching(build_task(app, place, turn.state.options), (task,))


def _prepare_pod(turn: Turn, pod: Pod, instance: Instance, seat: Seat) -> Launching:
    place = PodPlace(
        instance_id=instance.id,
        attempt=instance.attempt + 1,
        agent_id=seat.offer.agent_id,
        framework_id=turn.state.framework_id,
        hostname=seat.offer.hostname,
        resources=seat.match.resources,
        ports=seat.match.ports,
        enforces_group_role=_enforces_group_role(turn, pod),
    )
    tasks = tuple(
        Task(
            id=place.task_id(container),
            agent_id=place.agent_id,
            placement=seat.placement,
            host_ports=place.host_ports_of(pod, container),
            staged_at=turn.now,
        )
        for container in pod.containers
    )
    return Launching(build_group(pod, place, turn.state.options), tasks)


def _enforces_group_role(turn: Turn, spec: RunSpec) -> bool:
    group = find_top_group(turn.state.root, spec.id)
    return bool(group is not None and group.enforce_role and spec.role == segments(spec.id)[0])
