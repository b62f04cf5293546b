"""What can happen to Marathon: the values that go in at its one door, `Marathon.handle`.

The loop makes them of HTTP requests, of the master's events and of the clock; what the world is told is
`instructions`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import NewType

import attrs

from koinon_core.agents import DomainInfo
from koinon_core.ids import AgentId, ExecutorId, FrameworkId, OfferId
from koinon_core.offers import Offer
from koinon_core.tasks import TaskStatus

from .changes.root_versions import RootHistory
from .definition.groups import Group
from .definition.path_ids import ROOT, PathId
from .definition.problems import Rejection
from .definition.run_specs import RunSpec
from .deployment.plan import DeploymentId, DeploymentPlan, DeploymentProgress
from .happenings import Origin
from .health.probes import ProbeAnswered
from .instance.instances import Instance, InstanceId, TaskFailure

RequestId = NewType("RequestId", int)
"""Ties an answer to the request that waits for it; the loop draws them."""

Transition = Callable[[Group, datetime], Group | Rejection]
"""From the current root and the time of the change to the wanted root, or why not.

Pure and run inside `handle`, so that merges and existence checks see the root that the change is applied to.
Versions, service ports and the rules of the whole tree come after it (marathon-semantics 2) and are not its business.
"""


@attrs.frozen(kw_only=True)
class Restored:
    """Leadership is won and the store is read: always the first event.

    `versions` holds kept definitions of each app, in any order, the current one among them or not.
    `history` is empty for an empty store.
    """

    history: RootHistory = attrs.field(factory=RootHistory)
    versions: Mapping[PathId, tuple[RunSpec, ...]] = attrs.field(factory=dict)
    instances: tuple[Instance, ...] = ()
    deployments: tuple[DeploymentPlan, ...] = ()
    progress: tuple[DeploymentProgress, ...] = ()
    failures: tuple[TaskFailure, ...] = ()
    framework_id: FrameworkId | None = None


@attrs.frozen(kw_only=True)
class AppPost:
    """One app, created or changed over HTTP, and by whom: what `api_post_event` tells."""

    app_id: PathId
    client_ip: str
    uri: str


class PodChange(Enum):
    """What became of a pod; the value is the type of the event that tells it."""

    CREATED = "pod_created_event"
    UPDATED = "pod_updated_event"
    DELETED = "pod_deleted_event"


@attrs.frozen(kw_only=True)
class PodPost:
    """One pod, changed over HTTP, and by whom."""

    change: PodChange
    client_ip: str
    uri: str


@attrs.frozen(kw_only=True)
class ChangeTree:
    """Change the tree. `restarts` names apps to roll over though nothing in them differs.

    `group` is the one that the event stream is told of. Without `deploys` only the tree changes: what it says of
    itself, which is nothing to any instance.
    """

    request_id: RequestId
    transition: Transition
    restarts: frozenset[PathId] = frozenset()
    force: bool = False
    group: PathId = ROOT
    deploys: bool = True
    post: AppPost | PodPost | None = None
    origin: Origin | None = None


@attrs.frozen(kw_only=True)
class KillInstances:
    """Kill these, of any apps (marathon-v2-api 3.10); unknown ids are skipped. Not both `scale` and `wipe`."""

    request_id: RequestId
    ids: tuple[InstanceId, ...]
    scale: bool = False
    wipe: bool = False
    force: bool = False
    origin: Origin | None = None


@attrs.frozen(kw_only=True)
class CancelDeployment:
    """Undo a deployment by a new one; with `force` only stop it where it is."""

    request_id: RequestId
    id: DeploymentId
    force: bool = False
    origin: Origin | None = None


@attrs.frozen
class ResetDelay:
    """Let an app launch at once, whatever its tasks did before."""

    spec_id: PathId
    origin: Origin | None = None


@attrs.frozen(kw_only=True)
class Subscribed:
    """The master takes calls; what was offered before is void. `domain` is the master's own, `master` its address."""

    framework_id: FrameworkId
    domain: DomainInfo | None = None
    master: str = ""


@attrs.frozen
class Disconnected:
    """The master is out of reach until the next `Subscribed`."""


@attrs.frozen
class OffersReceived:
    """Offers; each is answered before `handle` returns."""

    offers: tuple[Offer, ...]


@attrs.frozen
class OfferRescinded:
    """An offer is void. None is held beyond the event that brought it, so a launch may already be on its way to it."""

    id: OfferId


@attrs.frozen
class StatusReceived:
    """A task's status; acknowledged once what it changed is stored."""

    status: TaskStatus


@attrs.frozen(kw_only=True)
class MessageReceived:
    """An executor says something to its framework."""

    executor_id: ExecutorId
    agent_id: AgentId
    data: bytes


@attrs.frozen
class AgentLost:
    """An agent is gone from the cluster; its tasks are heard of one by one."""

    agent_id: AgentId


@attrs.frozen
class Tick:
    """`Marathon.next_deadline()` may have passed."""


Request = ChangeTree | KillInstances | CancelDeployment | ResetDelay
Event = (
    Restored
    | Request
    | Subscribed
    | Disconnected
    | OffersReceived
    | OfferRescinded
    | StatusReceived
    | MessageReceived
    | AgentLost
    | ProbeAnswered
    | Tick
)
