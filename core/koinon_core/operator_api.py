"""The calls of the master's operator API, as values (mesos-operator-api 1).

Answers and events are read models: the master's views make them.
"""

from __future__ import annotations

from attrs import frozen

from .agents import DurationValue
from .containers import DurationInfo
from .ids import AgentId, FrameworkId
from .maintenance import MachineId, Schedule
from .quota import QuotaConfig, QuotaRequest, WeightInfo
from .resources import NOTHING, Resource, Resources
from .scalars import Scalar


@frozen
class GetHealth:
    """Is the master well?"""


@frozen
class GetFlags:
    """How was it started?"""


@frozen
class GetVersion:
    """Which Mesos does it speak?"""


@frozen
class GetMetrics:
    """All metrics, within ``timeout`` if given."""

    timeout: DurationInfo | None = None


@frozen
class GetLoggingLevel:
    """From which level on is logged?"""


@frozen(kw_only=True)
class SetLoggingLevel:
    """Log from 0 (warnings and worse) to 3 (everything), for a while."""

    level: int
    duration: DurationInfo


@frozen
class ListFiles:
    """What lies in a directory?"""

    path: str


@frozen(kw_only=True)
class ReadFile:
    """A part of a file."""

    path: str
    offset: int
    length: int | None = None


@frozen
class GetState:
    """Everything."""


@frozen
class GetAgents:
    """All agents."""


@frozen
class GetFrameworks:
    """All frameworks."""


@frozen
class GetExecutors:
    """All executors."""


@frozen
class GetOperations:
    """All operations on resources."""


@frozen
class GetTasks:
    """All tasks."""


@frozen
class GetRoles:
    """All roles."""


@frozen
class GetWeights:
    """The weights that were set."""


@frozen
class UpdateWeights:
    """Set weights."""

    weight_infos: tuple[WeightInfo, ...] = ()


@frozen
class GetMaster:
    """Who leads?"""


@frozen
class SubscribeToEvents:
    """Open the operator's event stream (SUBSCRIBE)."""


@frozen(kw_only=True)
class ReserveResources:
    """Set resources of an agent aside; ``source`` says what they are now."""

    agent_id: AgentId
    resources: Resources = NOTHING
    source: Resources = NOTHING


@frozen(kw_only=True)
class UnreserveResources:
    """Give reservations on an agent up."""

    agent_id: AgentId
    resources: Resources = NOTHING


@frozen(kw_only=True)
class CreateVolumes:
    """Make persistent volumes on an agent."""

    agent_id: AgentId
    volumes: Resources = NOTHING


@frozen(kw_only=True)
class DestroyVolumes:
    """Delete persistent volumes of an agent."""

    agent_id: AgentId
    volumes: Resources = NOTHING


@frozen(kw_only=True)
class GrowVolume:
    """Make a volume larger."""

    volume: Resource
    addition: Resource
    agent_id: AgentId | None = None


@frozen(kw_only=True)
class ShrinkVolume:
    """Make a volume smaller."""

    volume: Resource
    subtract: Scalar
    agent_id: AgentId | None = None


@frozen
class GetMaintenanceStatus:
    """Which machines are draining or down, and what do frameworks say?"""


@frozen
class GetMaintenanceSchedule:
    """Which windows are scheduled?"""


@frozen
class UpdateMaintenanceSchedule:
    """Replace the whole schedule."""

    schedule: Schedule


@frozen
class StartMaintenance:
    """Take scheduled machines down."""

    machines: tuple[MachineId, ...] = ()


@frozen
class StopMaintenance:
    """Take machines that are down up again."""

    machines: tuple[MachineId, ...] = ()


@frozen(kw_only=True)
class DrainAgent:
    """End all tasks of an agent and offer nothing of it."""

    agent_id: AgentId
    max_grace_period: DurationValue | None = None
    mark_gone: bool = False


@frozen
class DeactivateAgent:
    """Offer nothing of an agent."""

    agent_id: AgentId


@frozen
class ReactivateAgent:
    """Offer of an agent again."""

    agent_id: AgentId


@frozen
class GetQuota:
    """Which roles have quota?"""


@frozen(kw_only=True)
class UpdateQuota:
    """Set quotas, all or none; ``force`` skips the checks against what is there."""

    force: bool | None = None
    quota_configs: tuple[QuotaConfig, ...] = ()


@frozen
class SetQuota:
    """Set one quota, in the older way."""

    quota_request: QuotaRequest


@frozen
class RemoveQuota:
    """Take a role's quota away."""

    role: str


@frozen
class TeardownFramework:
    """End a framework (TEARDOWN)."""

    framework_id: FrameworkId


@frozen
class MarkAgentGone:
    """An agent will never come back."""

    agent_id: AgentId


@frozen
class Unknown:
    """The type UNKNOWN, which the protocol has and nobody carries out."""


OperatorRead = (
    GetHealth
    | GetFlags
    | GetVersion
    | GetMetrics
    | GetLoggingLevel
    | ListFiles
    | ReadFile
    | GetState
    | GetAgents
    | GetFrameworks
    | GetExecutors
    | GetOperations
    | GetTasks
    | GetRoles
    | GetWeights
    | GetMaster
    | SubscribeToEvents
    | GetMaintenanceStatus
    | GetMaintenanceSchedule
    | GetQuota
)
"""Calls that change nothing."""

OperatorWrite = (
    UpdateWeights
    | ReserveResources
    | UnreserveResources
    | CreateVolumes
    | DestroyVolumes
    | GrowVolume
    | ShrinkVolume
    | UpdateMaintenanceSchedule
    | StartMaintenance
    | StopMaintenance
    | DrainAgent
    | DeactivateAgent
    | ReactivateAgent
    | UpdateQuota
    | SetQuota
    | RemoveQuota
    | TeardownFramework
    | MarkAgentGone
)
"""Calls that change the cluster: the machine carries them out and answers."""


@frozen
class OperatorCall:
    """What an operator sends."""

    body: OperatorRead | OperatorWrite | SetLoggingLevel | Unknown
