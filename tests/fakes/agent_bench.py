"""An agent's pure machine on a bench: a clock that the test turns, a disk that keeps what it was told, a master."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from attrs import evolve

from koinon_agent.agent import Agent
from koinon_agent.checkpoint.image import AgentImage
from koinon_agent.containerizer import ContainerRun, Ended, Orphan, Recovered
from koinon_agent.events import (
    ContainerEnded,
    ContainersRecovered,
    ContainerStarted,
    Event,
    FrameReceived,
    LeaderDetected,
    LinkClosed,
    LinkOpened,
    Tick,
)
from koinon_agent.instructions import Checkpoint, Connect, Instruction, LaunchContainer, Send
from koinon_agent.resources.disks import volume_path
from koinon_agent.settings import AgentSettings
from koinon_agent.timers import Moment
from koinon_core.agent_link import (
    AcknowledgeUpdate,
    MasterFrame,
    MasterMessage,
    Registered,
    RunTask,
    StatusUpdate,
)
from koinon_core.agents import AgentInfo
from koinon_core.containers import CommandInfo, ContainerInfo, ContainerType, DockerInfo
from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import AgentId, ContainerId, FrameworkId, TaskId
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus

T = TypeVar("T")
AGENT_ID = AgentId("master-S0")
FRAMEWORK_ID = FrameworkId("master-0000")
NOTHING_LEFT = Recovered()
_SECONDS_FROM_WALL = 1_000_000.0


def make_settings(**changes: Any) -> AgentSettings:
    """An agent of four cores; keywords change it."""
    info = AgentInfo(hostname="host-1", resources=parse_resources("cpus:4;mem:4096;ports:[31000-32000]"))
    settings = AgentSettings(
        info=info,
        ip="10.0.0.1",
        find_sandbox=lambda agent, framework, executor, run: Path("/w/slaves", agent, framework, executor, run),
        find_volume=lambda kind: volume_path(Path("/w"), kind),
    )
    return evolve(settings, **changes)


def make_framework(*capabilities: FrameworkCapabilityType) -> FrameworkInfo:
    """A framework that can do this."""
    return FrameworkInfo(
        user="root", name="test", id=FRAMEWORK_ID, capabilities=tuple(FrameworkCapability(one) for one in capabilities)
    )


def make_task(name: str = "t1", **changes: Any) -> TaskInfo:
    """A command task; keywords change it."""
    task = TaskInfo(
        name=name,
        task_id=TaskId(name),
        agent_id=AGENT_ID,
        resources=parse_resources("cpus:1;mem:64"),
        command=CommandInfo(value="sleep 100"),
    )
    return evolve(task, **changes)


def make_docker_task(name: str = "t1", **changes: Any) -> TaskInfo:
    """The same in a Docker container."""
    container = ContainerInfo(type=ContainerType.DOCKER, docker=DockerInfo(image="busybox"))
    return make_task(name, container=container, **changes)


class AgentBench:
    """One agent and all that it wanted done so far, oldest first."""

    def __init__(self, settings: AgentSettings | None = None, image: AgentImage | None = None) -> None:
        """``image`` is the disk: it goes on to the next life by ``crash``."""
        self.settings = settings or make_settings()
        self.image = image or AgentImage()
        self.steady = 0.0
        self.wall_ahead = _SECONDS_FROM_WALL
        self.done: list[Instruction] = []
        self.agent = Agent(self.settings, Random(7), self.image)
        self._frame_epoch = 1

    @property
    def now(self) -> Moment:
        """The bench's clock."""
        return Moment(wall=self.steady + self.wall_ahead, steady=self.steady)

    def handle(self, *events: Event) -> list[Instruction]:
        """Let things happen, and return what the agent wants done about them."""
        instructions = [item for event in events for item in self.agent.handle(event, self.now)]
        for item in instructions:
            if isinstance(item, Checkpoint):
                self.image.apply(item.record)
        self.done += instructions
        return instructions

    def wait(self, seconds: float) -> list[Instruction]:
        """Turn the clock on, with a tick whenever one is due."""
        until, instructions = self.steady + seconds, []
        while (due := self.agent.next_at()) is not None and due <= until:
            self.steady = max(self.steady, due)
            instructions += self.handle(Tick())
        self.steady = until
        return instructions

    def start(self, recovered: Recovered = NOTHING_LEFT, orphans: Iterable[Orphan] = ()) -> list[Instruction]:
        """The first event of a life."""
        return self.handle(ContainersRecovered(recovered, tuple(orphans)))

    def connect(self) -> int:
        """Find a leader and open a link to it; returns the link's number."""
        if self.agent.registration.leader is None:
            self.handle(LeaderDetected("10.0.0.9", 5050))
        opened = [item for item in self.wait(120.0) if isinstance(item, Connect)]
        self.handle(LinkOpened(opened[-1].link))
        return opened[-1].link

    def register(self) -> list[Instruction]:
        """Come under a master; returns what the agent wants done once it has."""
        self.connect()
        return self.hear(Registered(agent_id=AGENT_ID))

    def registered(self) -> AgentBench:
        """Start from nothing and register."""
        self.start()
        self.register()
        return self

    def hear(self, *messages: MasterMessage, epoch: int = 1) -> list[Instruction]:
        """The master says this in one frame."""
        return self.handle(FrameReceived(self.agent.registration.link, MasterFrame(epoch=epoch, messages=messages)))

    def lose_link(self) -> list[Instruction]:
        """The connection breaks."""
        return self.handle(LinkClosed(self.agent.registration.link, "broken"))

    def run(self, task: TaskInfo | None = None, framework: FrameworkInfo | None = None) -> ContainerId:
        """Have a task launched; returns its container."""
        wanted = self.hear(RunTask(framework=framework or make_framework(), task=task or make_task()))
        return only(wanted, LaunchContainer).launch.container_id

    def started(self, container: ContainerId, **changes: Any) -> list[Instruction]:
        """The container of a task starts."""
        run = ContainerRun(container_id=container, started_at=self.now.wall, pid=77)
        return self.handle(ContainerStarted(evolve(run, **changes)))

    def ended(self, container: ContainerId, exit_code: int | None = 0, **changes: Any) -> list[Instruction]:
        """The container of a task ends."""
        ended = Ended(container_id=container, message=f"exited with {exit_code}", exit_code=exit_code)
        return self.handle(ContainerEnded(evolve(ended, **changes)))

    def acknowledge(self, status: TaskStatus) -> list[Instruction]:
        """The scheduler has taken an update in."""
        assert status.uuid is not None
        return self.hear(AcknowledgeUpdate(framework_id=FRAMEWORK_ID, task_id=status.task_id, uuid=status.uuid))

    def acknowledge_all(self) -> list[TaskStatus]:
        """Acknowledge every update, those that come forth by that too; returns them."""
        seen: list[TaskStatus] = []
        while True:
            fresh = [status for status in updates(self.done) if status not in seen]
            if not fresh:
                return seen
            for status in fresh:
                seen.append(status)
                self.acknowledge(status)

    def crash(self, settings: AgentSettings | None = None) -> AgentBench:
        """The agent dies at once; its next life has the disk and the clock, and has not started yet."""
        survivor = AgentImage()
        for record in self.image.records():
            survivor.apply(record)
        bench = AgentBench(settings or self.settings, survivor)
        bench.steady, bench.wall_ahead = self.steady, self.wall_ahead
        return bench


def messages(instructions: Iterable[Instruction], kind: type[T]) -> list[T]:
    """What was said of this kind."""
    return [item.message for item in instructions if isinstance(item, Send) and isinstance(item.message, kind)]


def updates(instructions: Iterable[Instruction]) -> list[TaskStatus]:
    """The status updates that were sent."""
    return [update.status for update in messages(instructions, StatusUpdate)]


def states(instructions: Iterable[Instruction]) -> list[TaskState]:
    """Their states."""
    return [status.state for status in updates(instructions)]


def only(instructions: Iterable[Instruction], kind: type[T]) -> T:
    """The one instruction of this kind."""
    (found,) = [item for item in instructions if isinstance(item, kind)]
    return found
