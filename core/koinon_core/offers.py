"""Offers, filters and what a framework may do with an offer (mesos-v1-api 2.5, 4.2).

LAUNCH is what this release acts on; the other operations are decoded, so that the master can refuse each by name.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from .agents import DomainInfo, Unavailability, Url
from .attributes import Attribute
from .ids import AgentId, ExecutorId, FrameworkId, OfferId, OperationId
from .resources import NOTHING, Resources
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
