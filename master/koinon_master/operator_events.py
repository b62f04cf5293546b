"""What the operator's event stream says (mesos-operator-api 1.3), as values; views show them.

Each holds the thing itself: it is shown in the turn in which it happened, before anything else changes it.
"""

from __future__ import annotations

from attrs import frozen

from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.tasks import TaskState, TaskStatus

from .entities import Agent, Framework, Task


@frozen
class TaskAdded:
    """A task was launched, or came along with its agent."""

    task: Task


@frozen(kw_only=True)
class TaskUpdated:
    """A task went to another state."""

    framework_id: FrameworkId
    status: TaskStatus
    state: TaskState


@frozen
class AgentAdded:
    """An agent registered, with a fresh entry."""

    agent: Agent


@frozen
class AgentRemoved:
    """An agent is no member any more."""

    agent_id: AgentId


@frozen
class FrameworkAdded:
    """A framework is known from now on."""

    framework: Framework


@frozen
class FrameworkUpdated:
    """A framework subscribed again or describes itself anew."""

    framework: Framework


@frozen
class FrameworkRemoved:
    """A framework ended."""

    info: FrameworkInfo


OperatorEvent = (
    TaskAdded | TaskUpdated | AgentAdded | AgentRemoved | FrameworkAdded | FrameworkUpdated | FrameworkRemoved
)
