"""The calls of an agent's operator API and what goes through a container's terminal, as values.

(mesos-operator-api 1.4) What master and agent are asked alike is ``operator_api``'s. Answers are read models: the
agent's views make them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import frozen

from .containers import CommandInfo, ContainerIdInfo, ContainerInfo, DurationInfo, Image
from .ids import ResourceProviderId
from .linux import TtyInfo
from .operator_api import (
    GetExecutors,
    GetFlags,
    GetFrameworks,
    GetHealth,
    GetLoggingLevel,
    GetMetrics,
    GetOperations,
    GetState,
    GetTasks,
    GetVersion,
    ListFiles,
    ReadFile,
    SetLoggingLevel,
    Unknown,
)
from .resources import NOTHING, Resources
from .scalars import Limit


@frozen
class GetAgent:
    """What is this agent, and is it being drained?"""


@frozen
class GetResourceProviders:
    """Who else offers resources of this machine? Nobody."""


@frozen(kw_only=True)
class GetContainers:
    """Which containers are there, and what do they use? None means no."""

    show_nested: bool | None = None
    show_standalone: bool | None = None


@frozen(kw_only=True)
class LaunchNestedContainer:
    """Start a container within another: the older form of LAUNCH_CONTAINER."""

    container_id: ContainerIdInfo
    command: CommandInfo | None = None
    container: ContainerInfo | None = None


@frozen
class WaitNestedContainer:
    """How does it end?"""

    container_id: ContainerIdInfo


@frozen(kw_only=True)
class KillNestedContainer:
    """Send it a signal; SIGKILL where none is named."""

    container_id: ContainerIdInfo
    signal: int | None = None


@frozen
class RemoveNestedContainer:
    """Delete what an ended one left."""

    container_id: ContainerIdInfo


@frozen(kw_only=True)
class LaunchNestedContainerSession:
    """Run a command within a container for as long as the connection lasts; the answer is what it says."""

    container_id: ContainerIdInfo
    command: CommandInfo | None = None
    container: ContainerInfo | None = None


@frozen
class AttachContainerOutput:
    """Show what a nested container says from now on."""

    container_id: ContainerIdInfo


@frozen(kw_only=True)
class LaunchContainer:
    """Start a container, within another one or on its own."""

    container_id: ContainerIdInfo
    command: CommandInfo | None = None
    resources: Resources = NOTHING
    container: ContainerInfo | None = None
    limits: Mapping[str, Limit] | None = None


@frozen
class WaitContainer:
    """How does it end?"""

    container_id: ContainerIdInfo


@frozen(kw_only=True)
class KillContainer:
    """Send it a signal; SIGKILL where none is named."""

    container_id: ContainerIdInfo
    signal: int | None = None


@frozen
class RemoveContainer:
    """Delete what an ended one left."""

    container_id: ContainerIdInfo


@frozen
class PruneImages:
    """Delete the images that nothing uses, but for these."""

    excluded_images: tuple[Image, ...] = ()


@frozen(kw_only=True)
class ResourceProviderInfo:
    """Who offers resources of a machine beside its agent."""

    type: str
    name: str
    id: ResourceProviderId | None = None


@frozen
class AddResourceProviderConfig:
    """Start a provider of resources."""

    info: ResourceProviderInfo


@frozen
class UpdateResourceProviderConfig:
    """Start it anew, otherwise."""

    info: ResourceProviderInfo


@frozen(kw_only=True)
class RemoveResourceProviderConfig:
    """End it."""

    type: str
    name: str


@frozen
class MarkResourceProviderGone:
    """It will never come back."""

    resource_provider_id: ResourceProviderId


class ProcessIoType(Enum):
    """What a record of a session carries."""

    UNKNOWN = 0
    DATA = 1
    CONTROL = 2


class ProcessDataType(Enum):
    """Which way bytes go."""

    UNKNOWN = 0
    STDIN = 1
    STDOUT = 2
    STDERR = 3


@frozen
class ProcessData:
    """Bytes to or from a command. None of STDIN is the end of its input."""

    type: ProcessDataType | None = None
    data: bytes = b""


class ProcessControlType(Enum):
    """What is said about a session."""

    UNKNOWN = 0
    TTY_INFO = 1
    HEARTBEAT = 2


@frozen
class ProcessHeartbeat:
    """A sign of life; the next one is due within ``interval``."""

    interval: DurationInfo | None = None


@frozen(kw_only=True)
class ProcessControl:
    """The size of a terminal, or a sign of life."""

    type: ProcessControlType | None = None
    tty_info: TtyInfo | None = None
    heartbeat: ProcessHeartbeat | None = None


@frozen(kw_only=True)
class ProcessIo:
    """One record of a session, either way."""

    type: ProcessIoType | None = None
    data: ProcessData | None = None
    control: ProcessControl | None = None


class AttachInputType(Enum):
    """The first record of an input names the container, those that follow are for it."""

    UNKNOWN = 0
    CONTAINER_ID = 1
    PROCESS_IO = 2


@frozen(kw_only=True)
class AttachContainerInput:
    """One record of what a client hands to a nested container's command."""

    type: AttachInputType | None = None
    container_id: ContainerIdInfo | None = None
    process_io: ProcessIo | None = None


AgentRead = (
    GetHealth
    | GetFlags
    | GetVersion
    | GetMetrics
    | GetLoggingLevel
    | ListFiles
    | ReadFile
    | GetState
    | GetAgent
    | GetContainers
    | GetFrameworks
    | GetExecutors
    | GetOperations
    | GetTasks
    | GetResourceProviders
)
"""Calls that change nothing."""

ContainerCall = (
    LaunchNestedContainer
    | WaitNestedContainer
    | KillNestedContainer
    | RemoveNestedContainer
    | LaunchContainer
    | WaitContainer
    | KillContainer
    | RemoveContainer
    | LaunchNestedContainerSession
    | AttachContainerInput
    | AttachContainerOutput
)
"""Calls about containers that operators make."""

ResourceProviderCall = (
    AddResourceProviderConfig | UpdateResourceProviderConfig | RemoveResourceProviderConfig | MarkResourceProviderGone
)


@frozen
class AgentCall:
    """What an operator sends to an agent."""

    body: AgentRead | SetLoggingLevel | ContainerCall | PruneImages | ResourceProviderCall | Unknown
