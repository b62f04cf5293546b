"""What a principal may do here: each request as the actions and objects that access control lists know. Pure.

The lists decide (``koinon_core.permissions``); the rules ask here, and say no in the manner of their API. A refusal is
a sentence, None means allowed (mesos-semantics 11). What somebody may see is ``visibility``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from koinon_core import operator_api as api
from koinon_core.frameworks import FrameworkInfo
from koinon_core.offers import CreateDisk, DestroyDisk, Operation, OperationType
from koinon_core.permissions import Acls, Action
from koinon_core.resources import DiskSourceType, Resource, Resources
from koinon_core.scheduler_api import Call, Subscribe
from koinon_core.tasks import TaskInfo
from koinon_core.visibility import task_user

from ..state import ClusterState

Asked = tuple[Action, Sequence[str | None]]
"""An action and all that it is done to; one None where its objects are not told apart."""

_ALL: Final = (None,)
_AGENT_ACTIONS: Final = {
    api.DrainAgent: Action.DRAIN_AGENTS,
    api.DeactivateAgent: Action.DEACTIVATE_AGENTS,
    api.ReactivateAgent: Action.REACTIVATE_AGENTS,
    api.MarkAgentGone: Action.MARK_AGENTS_GONE,
    api.UpdateMaintenanceSchedule: Action.UPDATE_MAINTENANCE_SCHEDULES,
    api.StartMaintenance: Action.START_MAINTENANCES,
    api.StopMaintenance: Action.STOP_MAINTENANCES,
}
_CREATE_DISK: Final = {
    DiskSourceType.BLOCK: Action.CREATE_BLOCK_DISKS,
    DiskSourceType.MOUNT: Action.CREATE_MOUNT_DISKS,
}
_DESTROY_DISK: Final = {
    DiskSourceType.BLOCK: Action.DESTROY_BLOCK_DISKS,
    DiskSourceType.MOUNT: Action.DESTROY_MOUNT_DISKS,
    DiskSourceType.RAW: Action.DESTROY_RAW_DISKS,
}


def find_identity_problem(state: ClusterState, call: Call, principal: str | None) -> str | None:
    """Why this principal can't speak for the framework of a call, or None (mesos-v1-api 2.1, 2.3). None: unasked."""
    if principal is None:
        return None
    if isinstance(call.body, Subscribe):
        named = call.body.framework_info.principal
        prefix = "Failed to validate scheduler::Call: "
        return None if named in (None, principal) else prefix + _mismatch(principal, named)
    framework = None if call.framework_id is None else state.frameworks.get(call.framework_id)
    if framework is None or framework.info.principal == principal:
        return None
    return _mismatch(principal, framework.info.principal)


def find_registration_refusal(permissions: Acls, info: FrameworkInfo) -> str | None:
    """Why this framework may not be in its roles; who it is stands in ``info.principal``."""
    return permissions.find_any_refusal(info.principal, Action.REGISTER_FRAMEWORKS, info.all_roles() or _ALL)


def find_agent_refusal(permissions: Acls, principal: str | None) -> str | None:
    """Why an agent may not register."""
    return permissions.find_refusal(principal, Action.REGISTER_AGENTS)


def find_task_refusal(permissions: Acls, framework: FrameworkInfo, task: TaskInfo) -> str | None:
    """Why a framework may not run a task as the user that it would run as."""
    return permissions.find_refusal(framework.principal, Action.RUN_TASKS, task_user(framework, task))


def find_operation_refusal(permissions: Acls, principal: str | None, operation: Operation) -> str | None:
    """Why an operation on offered resources is refused. Launches are asked about task by task."""
    body = _OPERATION_BODIES.get(operation.type) if operation.type is not None else None
    return None if body is None else _find_refusal(permissions, principal, body(operation))


def find_operator_refusal(state: ClusterState, principal: str | None, body: api.OperatorWrite) -> str | None:
    """Why an operator may not change the cluster so."""
    action = _AGENT_ACTIONS.get(type(body))
    if action is not None:
        return state.permissions.find_refusal(principal, action)
    if isinstance(body, api.TeardownFramework):
        framework = state.frameworks.get(body.framework_id)
        if framework is None:
            return None
        return state.permissions.find_refusal(principal, Action.TEARDOWN_FRAMEWORKS, framework.info.principal)
    ask = _OPERATOR_BODIES.get(type(body))
    return None if ask is None else _find_refusal(state.permissions, principal, ask(body))


def _mismatch(principal: str, named: str | None) -> str:
    return f"Authenticated principal '{principal}' does not match principal '{named or ''}' set in `FrameworkInfo`"


def _find_refusal(permissions: Acls, principal: str | None, asked: Iterable[Asked]) -> str | None:
    refusals = (permissions.find_any_refusal(principal, action, targets) for action, targets in asked)
    return next((refusal for refusal in refusals if refusal is not None), None)


def _reserve(resources: Resources, source: Resources) -> Iterable[Asked]:
    """To change a reservation is to give the old one up, too."""
    if any(item.kind.reservations for item in source):
        yield from _unreserve(source)
    yield Action.RESERVE_RESOURCES, _roles(resources)


def _unreserve(resources: Resources) -> Iterable[Asked]:
    reservations = (item.kind.reservations[-1] for item in resources if item.kind.reservations)
    yield Action.UNRESERVE_RESOURCES, _distinct(one.principal for one in reservations)


def _create(volumes: Resources) -> Iterable[Asked]:
    yield Action.CREATE_VOLUMES, _roles(volumes)


def _destroy(volumes: Resources) -> Iterable[Asked]:
    disks = (item.kind.disk for item in volumes if item.kind.disk is not None)
    made = (disk.persistence for disk in disks if disk.persistence is not None)
    yield Action.DESTROY_VOLUMES, _distinct(persistence.principal for persistence in made)


def _resize(volume: Resource) -> Iterable[Asked]:
    yield Action.RESIZE_VOLUMES, (volume.kind.reserved_role,)


def _create_disk(operation: CreateDisk) -> Iterable[Asked]:
    action = _CREATE_DISK.get(operation.target_type)
    return () if action is None else ((action, (operation.source.kind.reserved_role,)),)


def _destroy_disk(operation: DestroyDisk) -> Iterable[Asked]:
    source = None if operation.source.kind.disk is None else operation.source.kind.disk.source
    action = None if source is None else _DESTROY_DISK.get(source.type)
    return () if action is None else ((action, (operation.source.kind.reserved_role,)),)


def _roles(resources: Resources) -> Sequence[str | None]:
    return _distinct(item.kind.reserved_role for item in resources)


def _distinct(targets: Iterable[str | None]) -> Sequence[str | None]:
    """Each once; where there are none the action itself is asked about."""
    return tuple(dict.fromkeys(targets)) or _ALL


_OPERATION_BODIES: Final[dict[OperationType, Callable[[Operation], Iterable[Asked]]]] = {
    OperationType.RESERVE: lambda one: _reserve(one.reserve.resources, one.reserve.source) if one.reserve else (),
    OperationType.UNRESERVE: lambda one: _unreserve(one.unreserve.resources) if one.unreserve else (),
    OperationType.CREATE: lambda one: _create(one.create.volumes) if one.create else (),
    OperationType.DESTROY: lambda one: _destroy(one.destroy.volumes) if one.destroy else (),
    OperationType.GROW_VOLUME: lambda one: _resize(one.grow_volume.volume) if one.grow_volume else (),
    OperationType.SHRINK_VOLUME: lambda one: _resize(one.shrink_volume.volume) if one.shrink_volume else (),
    OperationType.CREATE_DISK: lambda one: _create_disk(one.create_disk) if one.create_disk else (),
    OperationType.DESTROY_DISK: lambda one: _destroy_disk(one.destroy_disk) if one.destroy_disk else (),
}
_OPERATOR_BODIES: Final[dict[type, Callable[[Any], Iterable[Asked]]]] = {
    api.ReserveResources: lambda body: _reserve(body.resources, body.source),
    api.UnreserveResources: lambda body: _unreserve(body.resources),
    api.CreateVolumes: lambda body: _create(body.volumes),
    api.DestroyVolumes: lambda body: _destroy(body.volumes),
    api.GrowVolume: lambda body: _resize(body.volume),
    api.ShrinkVolume: lambda body: _resize(body.volume),
    api.UpdateWeights: lambda body: [(Action.UPDATE_WEIGHTS, _distinct(one.role for one in body.weight_infos))],
    api.UpdateQuota: lambda body: [(Action.UPDATE_QUOTAS, _distinct(one.role for one in body.quota_configs))],
    api.SetQuota: lambda body: [(Action.UPDATE_QUOTAS, (body.quota_request.role,))],
    api.RemoveQuota: lambda body: [(Action.UPDATE_QUOTAS, (body.role,))],
}
