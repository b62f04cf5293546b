"""What an agent says to its executor, as values that are read no further than the executor looks.

An executor needs of a task its id, its data and its grace; all else of a TaskInfo stays as it came until somebody asks
for ``info``. So it also goes back unchanged when the agent must be told of it again. Reading is ``wire``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from koinon_core import wire
from koinon_core.ids import TaskId, Uuid
from koinon_core.tasks import TaskInfo

if TYPE_CHECKING:
    from koinon_core.executor_api import Subscribed


@frozen(kw_only=True)
class Task:
    """A task to run. Times are seconds."""

    task_id: TaskId
    name: str = ""
    data: bytes = b""
    """What the scheduler put into ``TaskInfo.data``."""
    kill_grace: float | None = None
    """The grace of the task's own kill policy."""
    max_completion_time: float | None = None
    """How long it may run; then it fails."""
    document: bytes = field(default=b"{}", repr=False)
    """The TaskInfo as JSON, as it came."""

    @property
    def info(self) -> TaskInfo:
        """The whole TaskInfo, read anew at each call. Raises DecodeError, which names the path at fault."""
        return wire.plain_json.decode(self.document, TaskInfo)


@frozen
class Registered:
    """SUBSCRIBED: the agent listens, for the first time or again."""

    document: bytes = field(repr=False)
    """The whole event as JSON."""

    @property
    def info(self) -> Subscribed:
        """Executor, framework, agent and container, as values. Raises DecodeError."""
        # Their modules cost as much as all the rest of an executor: only who asks pays.
        return wire.read_subscribed(self.document)


@frozen
class Launched:
    """LAUNCH, or LAUNCH_GROUP with tasks that are to start together."""

    tasks: tuple[Task, ...]
    is_group: bool = False


@frozen
class KillAsked:
    """KILL; ``grace`` in seconds overrides that of the task."""

    task_id: TaskId
    grace: float | None = None


@frozen
class Acknowledged:
    """The agent sees to it that this update arrives."""

    task_id: TaskId
    uuid: Uuid


@frozen
class MessageReceived:
    """Bytes from the scheduler."""

    data: bytes


@frozen
class ShutdownAsked:
    """SHUTDOWN: end all tasks, tell of it, exit."""


@frozen
class ErrorReceived:
    """ERROR: to be taken as SHUTDOWN (mesos-v1-api 3.3)."""

    message: str


@frozen
class HeartbeatReceived:
    """Nothing new."""


ReceivedEvent = (
    Registered
    | Launched
    | KillAsked
    | Acknowledged
    | MessageReceived
    | ShutdownAsked
    | ErrorReceived
    | HeartbeatReceived
)
