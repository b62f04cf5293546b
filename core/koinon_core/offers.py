"""Offers, filters and what a framework may do with an offer (mesos-v1-api 2.5, 4.2).

What becomes of an operation is told in ``operations``.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from .agents import DomainInfo, Unavailability, Url
from .attributes import Attribute
from .ids import AgentId, ExecutorId, FrameworkId, OfferId, OperationId
from .resources import NOTHING, DiskSourceType, Resource, Resources
from .scalars import Scalar
from .tasks import ExecutorInfo, TaskInfo

DEFAULT_REFUSE_SECONDS = 5.0


@frozen
class Filters:
    """For how many seconds a framework does not want to see what it just refused."""

    refuse_seconds: float = DEFAULT_REFUSE_SECONDS


@frozen
class AllocationInfo:
    """The role resources were offered to."""

    role: str | None = None


@frozen(kw_only=True)
class Offer:
    """What one agent has free, held for one role of one framework until it answers."""

    id: OfferId
    framework_id: FrameworkId
    agent_id: AgentId
    hostname: str
    url: Url | None = None
    domain: DomainInfo | None = None
    resources: Resources = NOTHING
    attributes: tuple[Attribute, ...] = ()
    executor_ids: tuple[ExecutorId, ...] = ()
    unavailability: Unavailability | None = None
    allocation_info: AllocationInfo | None = None


@frozen(kw_only=True)
class InverseOffer:
    """The master asks a framework to leave an agent that is to be away."""

    id: OfferId
    framework_id: FrameworkId
    unavailability: Unavailability
    url: Url | None = None
    agent_id: AgentId | None = None
    resources: Resources = NOTHING


class OperationType(Enum):
    """What to do with offered resources."""

    UNKNOWN = 0
    LAUNCH = 1
    LAUNCH_GROUP = 6
    RESERVE = 2
    UNRESERVE = 3
    CREATE = 4
    DESTROY = 5
    GROW_VOLUME = 11
    SHRINK_VOLUME = 12
    CREATE_DISK = 13
    DESTROY_DISK = 14


@frozen
class TaskGroupInfo:
    """Tasks that start and die together."""

    tasks: tuple[TaskInfo, ...] = ()


@frozen
class Launch:
    """Start these tasks."""

    task_infos: tuple[TaskInfo, ...] = ()


@frozen(kw_only=True)
class LaunchGroup:
    """Start these tasks together under one executor."""

    executor: ExecutorInfo
    task_group: TaskGroupInfo


@frozen(kw_only=True)
class Reserve:
    """Set resources aside for a role."""

    resources: Resources = NOTHING
    source: Resources = NOTHING


@frozen
class Unreserve:
    """Give a reservation up."""

    resources: Resources = NOTHING


@frozen
class Create:
    """Make persistent volumes."""

    volumes: Resources = NOTHING


@frozen
class Destroy:
    """Delete persistent volumes and what is in them."""

    volumes: Resources = NOTHING


@frozen(kw_only=True)
class GrowVolume:
    """Make a persistent volume larger by free disk of the same role."""

    volume: Resource
    addition: Resource


@frozen(kw_only=True)
class ShrinkVolume:
    """Make a persistent volume smaller; what is taken away is free disk of the same role."""

    volume: Resource
    subtract: Scalar


@frozen(kw_only=True)
class CreateDisk:
    """Make a disk of raw storage that a plugin provides."""

    source: Resource
    target_type: DiskSourceType
    target_profile: str | None = None


@frozen
class DestroyDisk:
    """Make a plugin's disk raw storage again."""

    source: Resource


@frozen(kw_only=True)
class Operation:
    """One step of an ACCEPT: the type and the body that goes with it."""

    type: OperationType | None = None
    id: OperationId | None = None
    launch: Launch | None = None
    launch_group: LaunchGroup | None = None
    reserve: Reserve | None = None
    unreserve: Unreserve | None = None
    create: Create | None = None
    destroy: Destroy | None = None
    grow_volume: GrowVolume | None = None
    shrink_volume: ShrinkVolume | None = None
    create_disk: CreateDisk | None = None
    destroy_disk: DestroyDisk | None = None
