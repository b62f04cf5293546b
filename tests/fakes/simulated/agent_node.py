"""An agent's machine in the virtual cluster: its process, which may die, and its containers, which live on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from koinon_agent.agent import Agent
from koinon_agent.checkpoint.image import AgentImage
from koinon_agent.containerizer import ContainerRun, Ended, Launch, Recovered
from koinon_agent.events import (
    ContainerEnded,
    ContainerNotStarted,
    ContainersRecovered,
    ContainerStarted,
    Event,
    FrameReceived,
    LeaderDetected,
    LeaderLost,
    LinkClosed,
    LinkOpened,
    SandboxGone,
    Tick,
)
from koinon_agent.instructions import (
    Checkpoint,
    CloseLink,
    Connect,
    DeleteSandbox,
    Exit,
    Instruction,
    KillContainer,
    LaunchContainer,
    RemoveContainer,
    Send,
)
from koinon_agent.resources.disks import volume_path
from koinon_agent.settings import AgentSettings
from koinon_agent.timers import Moment
from koinon_core.agent_link import AgentMessage, MasterFrame, Register
from koinon_core.agents import AgentInfo
from koinon_core.ids import ContainerId, TaskId
from koinon_core.resources_text import parse_resources
from koinon_master.events import AgentMessageReceived, LinkId, RegisterReceived
from koinon_master.events import LinkClosed as LinkClosedAtMaster

from .master_node import MasterNode
from .wires import Connection, Wires

CPUS = 4
"""Of each agent; every task of the stories takes one."""
START_SECONDS = 0.2
RESTART_SECONDS = 0.5


class AgentNode:
    """One agent. ``running`` is what truly runs on its machine, whatever anybody believes."""

    def __init__(self, name: str, number: int, wires: Wires, masters: Mapping[str, MasterNode]) -> None:
        self.name = name
        self.running: dict[ContainerId, TaskId | None] = {}
        self.accepted_epoch = 0
        self.on_launch: Callable[[AgentNode, Launch], None] = lambda _node, _launch: None
        self.agent: Agent | None = None
        self._ended: dict[ContainerId, Ended] = {}
        self._image = AgentImage()
        self._wires, self._masters, self._agenda = wires, masters, wires.agenda
        self._rng = Random(wires.rng.getrandbits(32))
        self._life = 0
        self._links: dict[int, tuple[Connection, MasterNode, LinkId]] = {}
        self._wake_at: float | None = None
        self._settings = AgentSettings(
            info=AgentInfo(hostname=name, port=5051, resources=parse_resources(f"cpus:{CPUS};mem:1024")),
            ip=f"10.0.1.{number}",
            find_sandbox=lambda *ids: Path("/w", *ids),
            find_volume=lambda kind: volume_path(Path("/w"), kind),
        )
        self.leader: str | None = None

    def start(self) -> None:
        """Begin a life on the same disk, with the containers that are there."""
        self._life += 1
        self._image.prune()
        self.agent = Agent(self._settings, self._rng, self._image)
        self.accepted_epoch = 0
        self._wake_at = None
        known = [one.container_id for one in self.agent.known_containers()]
        recovered = Recovered(
            live=tuple(ContainerRun(container_id=one, started_at=0.0) for one in known if one in self.running),
            ended=tuple(self._ended[one] for one in known if one not in self.running and one in self._ended),
            gone=tuple(one for one in known if one not in self.running and one not in self._ended),
        )
        self._handle(ContainersRecovered(recovered))
        self.watch(self.leader)

    def kill(self) -> None:
        """End the process without a word; the containers run on, and it is started again."""
        if self.agent is None:
            return
        self._agenda.tell(self.name, "dies")
        self._stop()
        self._agenda.after(RESTART_SECONDS, self.start)

    def reboot(self) -> None:
        """The whole machine fails: containers, too."""
        self.kill()
        self._agenda.tell(self.name, "its machine reboots")
        self.running.clear()
        self._ended.clear()

    def end_container(self, exit_code: int) -> None:
        """Some container ends by itself."""
        if self.running:
            container_id = self._rng.choice(sorted(self.running))
            self._end(container_id, Ended(container_id=container_id, message="ended", exit_code=exit_code))

    def watch(self, leader: str | None) -> None:
        """The detector says who leads."""
        self.leader = leader
        if self.agent is not None:
            self._handle(LeaderLost() if leader is None else LeaderDetected(leader, 5050))

    def take_frame(self, connection: Connection, frame: MasterFrame) -> None:
        """A frame arrived over a link. Within one life an agent goes on hearing only who is of its highest epoch."""
        number = next((link for link, (known, _, _) in self._links.items() if known is connection), None)
        if number is None or self.agent is None or not self.agent.registration.hears(number):
            return
        is_of_the_past = frame.epoch < self.accepted_epoch
        self._handle(FrameReceived(number, frame))
        if self.agent is not None and is_of_the_past and self.agent.registration.hears(number):
            raise AssertionError(f"{self.name} hears epoch {frame.epoch} after {self.accepted_epoch}")
        self.accepted_epoch = max(self.accepted_epoch, frame.epoch)

    def _stop(self) -> None:
        self.agent = None
        self._life += 1
        self._wires.drop(self.name)
        self._links.clear()

    def _handle(self, event: Event) -> None:
        if self.agent is None:
            return
        now = Moment(wall=self._agenda.now, steady=self._agenda.now)
        instructions = self.agent.handle(event, now)
        for instruction in instructions:
            if isinstance(instruction, Checkpoint):
                self._image.apply(instruction.record)
        for instruction in instructions:
            self._carry_out(instruction)
        self._plan_tick()

    def _plan_tick(self) -> None:
        due = None if self.agent is None else self.agent.next_at()
        if due is None or (self._wake_at is not None and self._wake_at <= due):
            return
        self._wake_at = due
        self._later(max(0.0, due - self._agenda.now), lambda: self._tick(due))

    def _tick(self, planned: float) -> None:
        if self._wake_at == planned:
            self._wake_at = None
            self._handle(Tick())

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        life = self._life
        self._agenda.after(seconds, lambda: act() if life == self._life else None)

    def _carry_out(self, instruction: Instruction) -> None:
        match instruction:
            case Connect(link=link, host=host):
                self._later(self._wires.latency(), lambda: self._connect(link, host))
            case CloseLink(link=link):
                self._close(link)
            case Send(link=link, message=message):
                self._send(link, message)
            case LaunchContainer(launch):
                self._later(self._rng.uniform(0.01, START_SECONDS), lambda: self._launch(launch))
            case KillContainer(container_id=container_id):
                ended = Ended(container_id=container_id, message="killed", signal=15)
                self._agenda.after(self._rng.uniform(0.01, 0.5), lambda: self._end(container_id, ended))
            case RemoveContainer(container_id):
                self.running.pop(container_id, None)
                self._ended.pop(container_id, None)
            case DeleteSandbox(sandbox):
                self._later(0.0, lambda: self._handle(SandboxGone(sandbox)))
            case Exit():
                self._agenda.tell(self.name, f"exits: {instruction.reason}")
                self._stop()
                self._agenda.after(RESTART_SECONDS, self.start)

    def _launch(self, launch: Launch) -> None:
        container_id = launch.container_id
        if self._wires.is_faulty and self._rng.random() < 0.03:
            self._handle(ContainerNotStarted(container_id=container_id, reason="no such image"))
            return
        self.on_launch(self, launch)
        self.running[container_id] = launch.task_id
        self._handle(ContainerStarted(ContainerRun(container_id=container_id, started_at=self._agenda.now)))

    def _end(self, container_id: ContainerId, ended: Ended) -> None:
        if self.running.pop(container_id, None) is None:
            return
        self._ended[container_id] = ended
        self._handle(ContainerEnded(ended))

    def _connect(self, link: int, host: str) -> None:
        master = self._masters[host]
        if not (self._wires.reaches(self.name, host) and master.answers):
            self._later(0.05, lambda: self._handle(LinkClosed(link, "refused")))
            return
        connection = self._wires.connect(self.name, host)
        link_id = master.accept_link(connection, self)
        self._links[link] = connection, master, link_id
        life = self._life
        connection.on_close[self.name] = lambda: self._closed(link) if life == self._life else None
        connection.on_close[host] = lambda: _close_at_master(master, link_id)
        self._handle(LinkOpened(link))

    def _closed(self, link: int) -> None:
        self._links.pop(link, None)
        self._handle(LinkClosed(link, "the connection broke"))

    def _close(self, link: int) -> None:
        found = self._links.pop(link, None)
        if found is not None:
            found[0].close(by=self.name)

    def _send(self, link: int, message: AgentMessage) -> None:
        found = self._links.get(link)
        if found is None:
            return
        connection, master, link_id = found
        if isinstance(message, Register):
            connection.send(self.name, lambda: master.submit(RegisterReceived(link_id=link_id, register=message)))
        else:
            connection.send(self.name, lambda: master.submit(AgentMessageReceived(link_id=link_id, message=message)))


def _close_at_master(master: MasterNode, link_id: LinkId) -> None:
    master.drop_link(link_id)
    master.submit(LinkClosedAtMaster(link_id))
