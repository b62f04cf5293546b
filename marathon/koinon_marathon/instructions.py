"""What Marathon tells the loop to do: the values that `Marathon.handle` returns, to be carried out in order.

What must be durable first stands inside a `Persist`; deciding is over when an instruction is made.
"""

from datetime import datetime

import attrs

from koinon_core import scheduler_api
from koinon_core.ids import AgentId, FrameworkId, OfferId, TaskId
from koinon_core.offers import Filters, Operation
from koinon_core.scheduler_api import ReconcileTask
from koinon_core.tasks import TaskStatus

from .changes.root_versions import RootRecord
from .definition.apps import App
from .definition.path_ids import PathId
from .definition.pods import Pod
from .definition.problems import Rejection
from .deployment.conflicts import Locked
from .deployment.plan import DeploymentId, DeploymentPlan, DeploymentProgress
from .events import RequestId
from .health.probes import ProbeEffect
from .instance.instances import Instance, InstanceId, TaskFailure
from .stream_events import StreamEvent


@attrs.frozen
class FrameworkRecord:
    """The id the master gave us."""

    framework_id: FrameworkId


Record = App | Pod | RootRecord | Instance | DeploymentPlan | DeploymentProgress | TaskFailure | FrameworkRecord


@attrs.frozen
class AppKey:
    """One stored version of an app."""

    id: PathId
    version: datetime


@attrs.frozen
class PodKey:
    """One stored version of a pod."""

    id: PathId
    version: datetime


@attrs.frozen
class InstanceKey:
    """One stored instance."""

    id: InstanceId


@attrs.frozen
class DeploymentKey:
    """One stored deployment plan."""

    id: DeploymentId


@attrs.frozen
class ProgressKey:
    """The stored step of a deployment."""

    id: DeploymentId


@attrs.frozen
class FailureKey:
    """The stored last failure of an app."""

    spec_id: PathId


@attrs.frozen
class RootKey:
    """One stored version of the tree."""

    version: datetime


@attrs.frozen
class FrameworkKey:
    """The one stored framework id."""


RecordKey = AppKey | PodKey | InstanceKey | DeploymentKey | ProgressKey | FailureKey | RootKey | FrameworkKey


def record_key(record: Record) -> RecordKey:
    """Where a record goes; a later one with the same key replaces it."""
    match record:
        case App():
            return AppKey(record.id, record.version)
        case Pod():
            return PodKey(record.id, record.version)
        case Instance():
            return InstanceKey(record.id)
        case DeploymentPlan():
            return DeploymentKey(record.id)
        case DeploymentProgress():
            return ProgressKey(record.deployment_id)
        case TaskFailure():
            return FailureKey(record.spec_id)
        case RootRecord():
            return RootKey(record.version)
        case FrameworkRecord():
            return FrameworkKey()


@attrs.frozen(kw_only=True)
class Accept:
    """Launch on these offers, all of one agent. The tasks' instances are stored by then."""

    offer_ids: tuple[OfferId, ...]
    operations: tuple[Operation, ...]
    filters: Filters


@attrs.frozen
class Decline:
    """Give offers back for a while."""

    offer_ids: tuple[OfferId, ...]
    filters: Filters


@attrs.frozen
class KillTask:
    """Ask the master to end a task. Asked again by a later instruction while no answer comes."""

    task_id: TaskId
    agent_id: AgentId | None = None


@attrs.frozen
class AcknowledgeStatus:
    """The status is taken in. Statuses without a uuid need no call."""

    status: TaskStatus


Revive = scheduler_api.Revive
Suppress = scheduler_api.Suppress


@attrs.frozen
class Reconcile:
    """Ask how these tasks are; none named: all that the master knows of."""

    tasks: tuple[ReconcileTask, ...] = ()


@attrs.frozen
class Publish:
    """Tell the event stream."""

    event: StreamEvent


@attrs.frozen
class ChangeAccepted:
    """A change is stored and its deployment under way, or done already where nothing differed."""

    deployment_id: DeploymentId
    version: datetime


@attrs.frozen
class Killed:
    """These are being killed, as they were before that."""

    instances: tuple[Instance, ...]


@attrs.frozen
class DeploymentCancelled:
    """The deployment is stopped where it was."""

    id: DeploymentId


Result = ChangeAccepted | Killed | DeploymentCancelled | Locked | Rejection


@attrs.frozen
class Answer:
    """The request's answer."""

    request_id: RequestId
    result: Result


Effect = (
    Accept | Decline | KillTask | AcknowledgeStatus | Revive | Suppress | Reconcile | Publish | Answer | ProbeEffect
)


@attrs.frozen(kw_only=True)
class Persist:
    """Write `puts` and `deletes` as one change, and only once that is durable carry out `then`, in order.

    When the store refuses for good, leadership is given up: memory is ahead of the store and must not be acted upon.
    """

    puts: tuple[Record, ...] = ()
    deletes: tuple[RecordKey, ...] = ()
    then: tuple[Effect, ...] = ()


Instruction = Persist | Effect
