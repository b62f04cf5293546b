"""The agent as one state machine behind one door: ``Agent.handle(event, now) -> instructions``. Pure.

Owns which event goes where, and the agent's own end. Standing with the master is in ``registration/machine.py``, each
task in ``tasks/machine.py``, what its master says in ``master_messages.py``.
"""

from __future__ import annotations

from collections.abc import Hashable
from random import Random
from typing import assert_never

from attrs import evolve, frozen

from koinon_core.agent_link import (
    LINK_VERSION,
    AcknowledgeOperation,
    AgentMessage,
    ApplyOperation,
    ReconcileOperations,
    Refused,
    Register,
    Registered,
    ShutdownAgent,
    Unregister,
)
from koinon_core.agents import AgentCapability, AgentCapabilityType, AgentInfo
from koinon_core.errors import InvalidTransition
from koinon_core.ids import AgentId, ContainerId

from .checkpoint.image import AgentImage
from .checkpoint.reconfiguration import describe_changes, keeps_identity
from .checkpoint.records import AgentForgotten, AgentRegistered
from .checkpoint.recovery import RecoveryEvent, known_containers, plan_recovery
from .checks.probes import ProbeDone, ProbeDue
from .containerizer import ContainerRun, Ended, KnownContainer
from .events import (
    ContainerEnded,
    ContainerNotStarted,
    ContainersRecovered,
    ContainerStarted,
    DiskMeasured,
    Event,
    ExecutorCalled,
    ExecutorJoined,
    ExecutorLeft,
    FrameReceived,
    LeaderDetected,
    LeaderLost,
    LinkClosed,
    LinkOpened,
    SandboxGone,
    ShutdownRequested,
    Tick,
    UsageMeasured,
    VolumeGone,
    VolumesAdded,
)
from .executors.ledger import Executors, Standing
from .executors.machine import ExecutorDue
from .hosts import Hosts
from .instructions import Checkpoint, CloseLink, Exit, Instruction, Note, RemoveContainer, Send
from .master_messages import MasterMessages
from .pods.ledger import Pods
from .registration.machine import (
    RegistrationConfirmed,
    RegistrationEvent,
    RegistrationMachine,
    RegistrationRefused,
    RetryDue,
)
from .repeats import ResendDue
from .resources.operations import Operations, Place
from .sandboxes.garbage import DeletionDue, DiskWatchDue
from .settings import AgentSettings
from .tasks.drain import Draining
from .tasks.ledger import CompletionOverdue, RemovalDue, Tasks
from .tasks.machine import KillAsked
from .timers import Moment, Timers
from .usage_reports import UsageReports

FAREWELL_SECONDS = 3.0
"""How long an agent that ends for good waits for the last acknowledgements."""


CAPABILITIES = tuple(
    AgentCapability(one)
    for one in (
        AgentCapabilityType.MULTI_ROLE,
        AgentCapabilityType.HIERARCHICAL_ROLE,
        AgentCapabilityType.RESERVATION_REFINEMENT,
        AgentCapabilityType.RESIZE_VOLUME,
        AgentCapabilityType.AGENT_OPERATION_FEEDBACK,
        AgentCapabilityType.AGENT_DRAINING,
        AgentCapabilityType.TASK_RESOURCE_LIMITS,
    )
)
"""What masters and tools may expect of this agent."""


@frozen
class FarewellOver:
    """The last acknowledgements took too long. Key of its timer."""


@frozen
class Ending:
    """The agent is ending for good. ``is_refused``: because its master will not have it."""

    reason: str
    is_refused: bool = False


class Agent:
    """All state of one agent."""

    def __init__(self, settings: AgentSettings, rng: Random, image: AgentImage | None = None) -> None:
        """``image`` is what an earlier life on the same work directory remembered."""
        image = image or AgentImage()
        self.settings = settings
        self._timers = Timers()
        self._changes = describe_changes(image, settings)
        self._is_renamed = image.info is not None and not keeps_identity(image, settings)
        self._former_id = image.info.id if image.info is not None else None
        known = None if self._is_renamed else image.info
        self._recorded = known
        self.operations = Operations(settings.info.resources, self._timers, rng, image)
        self.info: AgentInfo = evolve(
            settings.info, id=known.id if known is not None else None, resources=self.operations.total
        )
        self.tasks = Tasks(settings, self._timers, rng, image)
        self.registration = RegistrationMachine(self._timers, rng, settings.registration_backoff)
        self.pods = Pods(settings, self.tasks, rng, image, self._find_link)
        standing = Standing(self._find_link, lambda: self.info)
        self.executors = Executors(settings, self.tasks, self._timers, rng, standing)
        self.executors.restore(image)
        self._hosts = Hosts(self.pods, self.executors, self._find_link)
        self._messages = MasterMessages(settings, self.tasks, self.operations, rng, self._hosts)
        self.usage = UsageReports()
        self._ending: Ending | None = None
        self._is_saying_farewell = False
        self._has_left = False

    @property
    def agent_id(self) -> AgentId | None:
        """The id that a master gave; None before."""
        return self.info.id

    @property
    def draining(self) -> Draining:
        """Whether the agent is being emptied."""
        return self._messages.draining

    @property
    def former_id(self) -> AgentId | None:
        """The id of the earlier life, whose containers may still be there."""
        return self._former_id

    def known_containers(self) -> list[KnownContainer]:
        """What to look for at the start."""
        return [*known_containers(self.tasks), *self._hosts.known_containers()]

    def next_at(self) -> float | None:
        """When, in steady seconds, a Tick is due."""
        return self._timers.next_at()

    def handle(self, event: Event, now: Moment) -> list[Instruction]:
        """Take one event in and say what is to be done."""
        instructions = self._route(event, now)
        instructions = [*self.executors.settle(now), *instructions]
        if self._ending is not None and not self._has_left:
            instructions += self._try_to_leave(self._ending, now)
        return instructions

    def _route(self, event: Event, now: Moment) -> list[Instruction]:
        match event:
            case LeaderDetected() | LeaderLost() | LinkClosed():
                return self._register(event, now)
            case LinkOpened():
                return self._open(event, now)
            case FrameReceived():
                return self._receive(event, now)
            case (
                ContainerStarted(ContainerRun(container_id=container_id))
                | ContainerEnded(Ended(container_id=container_id))
                | ContainerNotStarted(container_id=container_id)
            ):
                return self._tell(container_id, event, now)
            case ContainersRecovered():
                return self._recover(event, now)
            case SandboxGone() | DiskMeasured():
                return self.tasks.garbage.handle(event, now)
            case VolumeGone() | UsageMeasured():
                return self._take_note(event)
            case ExecutorJoined() | ExecutorLeft() | ExecutorCalled() | VolumesAdded():
                return self.executors.handle(event, now)
            case ProbeDone():
                return self.tasks.heed(event, now)
            case Tick():
                return [item for key in self._timers.take_due(now.steady) for item in self._take_due(key, now)]
            case ShutdownRequested(reason):
                return self._end(Ending(reason), now)
            case _:
                assert_never(event)

    def _take_note(self, event: VolumeGone | UsageMeasured) -> list[Instruction]:
        if isinstance(event, VolumeGone):
            return self.operations.forget_volume(event.trash)
        report = self.usage.measure(event.samples) if self.registration.is_registered else None
        return [] if report is None else [self._send(report)]

    def _take_due(self, key: Hashable, now: Moment) -> list[Instruction]:
        match key:
            case ResendDue():
                return [*self.tasks.updates.resend(key, now), *self.operations.resend(key, now)]
            case RetryDue():
                return self._register(key, now)
            case CompletionOverdue():
                return self._kill_overdue(key, now)
            case ExecutorDue():
                return self.executors.take_due(key, now)
            case ProbeDue():
                return [*self.tasks.checks.probe(key)]
            case RemovalDue(container_id):
                return [RemoveContainer(container_id)]
            case DeletionDue() | DiskWatchDue():
                return self.tasks.garbage.take_due(key, now)
            case FarewellOver():
                return self._leave(self._ending) if self._ending is not None else []
            case _:
                raise InvalidTransition("timers", "due", type(key).__name__)

    def _kill_overdue(self, due: CompletionOverdue, now: Moment) -> list[Instruction]:
        machine = self.tasks.get(due.key)
        if machine is None or machine.is_ended:
            return []
        return self.tasks.tell(machine, KillAsked(grace=0.0, is_overdue=True), now)

    def _tell(
        self, container_id: ContainerId, event: RecoveryEvent | ContainerNotStarted, now: Moment
    ) -> list[Instruction]:
        machine = self.tasks.of_container(container_id)
        if machine is None and container_id in self._hosts:
            return self._hosts.tell(container_id, event, now)
        if machine is None:
            return [Note("container_unknown", {"container": container_id, "event": type(event).__name__})]
        return self.tasks.tell(machine, event, now)

    def _recover(self, event: ContainersRecovered, now: Moment) -> list[Instruction]:
        plan = plan_recovery(event.recovered, event.orphans, kills_orphans=self.settings.kills_orphans)
        instructions = list(plan.instructions)
        if self._changes:
            instructions.append(Note("agent_reconfigured", self._changes))
        if self._is_renamed and self._former_id is not None:
            instructions.append(Checkpoint(AgentForgotten(self._former_id)))
        instructions += self.operations.restore(self.settings.find_volume)
        self.tasks.resume(now)
        for container_id, recovery_event in sorted(plan.events, key=self._recovery_order):
            instructions += self._tell(container_id, recovery_event, now)
        return instructions + self._hosts.resume(now)

    def _recovery_order(self, told: tuple[ContainerId, RecoveryEvent]) -> int:
        """Of what holds tasks comes first that it lives, as its address is theirs; that it does not comes last, as what
        became of them is not for it to say.
        """
        container_id, event = told
        if container_id not in self._hosts:
            return 1
        return 0 if isinstance(event, ContainerStarted) else 2

    def _register(self, event: RegistrationEvent, now: Moment) -> list[Instruction]:
        was_registered = self.registration.is_registered
        instructions = self.registration.handle(event, now)
        if was_registered and not self.registration.is_registered:
            self.tasks.updates.pause()
            self.operations.pause()
        return instructions

    def _open(self, event: LinkOpened, now: Moment) -> list[Instruction]:
        if not self.registration.hears(event.link):
            return []
        return [*self._register(event, now), self._send(self._introduction())]

    def _introduction(self) -> Register:
        return Register(
            version=LINK_VERSION,
            agent_info=self.info,
            ip=self.settings.ip,
            agent_version=self.settings.version,
            frameworks=self.tasks.frameworks_at_work(self._hosts.framework_ids()),
            tasks=self.tasks.as_reported(),
            capabilities=CAPABILITIES,
            operations=self.operations.as_reported(),
            executors=self._hosts.as_reported(),
        )

    def _find_link(self) -> int | None:
        return self.registration.link if self.registration.is_registered else None

    def _send(self, message: AgentMessage) -> Send:
        return Send(self.registration.link, message)

    def _receive(self, event: FrameReceived, now: Moment) -> list[Instruction]:
        if not self.registration.hears(event.link):
            return []
        problem = self.registration.admit_frame(event.frame)
        if problem is not None:
            return [
                CloseLink(event.link, problem),
                *self._register(LinkClosed(event.link, problem), now),
            ]
        instructions: list[Instruction] = []
        for message in event.frame.messages:
            if not self.registration.hears(event.link):
                break
            match message:
                case Registered(agent_id=agent_id, hears_usage=hears):
                    self.usage.begin(hears=hears)
                    instructions += self._confirm(agent_id, now)
                case Refused(reason=reason, is_final=is_final):
                    instructions += self._refuse(reason, is_final, now)
                case ShutdownAgent(reason):
                    instructions += self._end(Ending(reason, is_refused=True), now)
                case ApplyOperation() | AcknowledgeOperation() | ReconcileOperations():
                    instructions += self._operate(message, now)
                case _:
                    instructions += self._messages.handle(message, now, is_ending=self._ending is not None)
        return instructions

    def _operate(
        self, message: ApplyOperation | AcknowledgeOperation | ReconcileOperations, now: Moment
    ) -> list[Instruction]:
        match message:
            case AcknowledgeOperation():
                return self.operations.acknowledge(message)
            case ReconcileOperations():
                return self.operations.reconcile(message, self.registration.link)
            case ApplyOperation():
                used = self._hosts.resources()
                for machine in self.tasks.live():
                    used = used + machine.task.resources
                place = Place(agent_id=self.agent_id, used=used, find_volume=self.settings.find_volume)
                instructions = self.operations.apply(message, place, now)
                self.info = evolve(self.info, resources=self.operations.total)
                return instructions

    def _confirm(self, agent_id: AgentId, now: Moment) -> list[Instruction]:
        if self.info.id not in (None, agent_id):
            return self._refuse(f"the master calls {self.info.id} by the name of {agent_id}", False, now)
        if self.registration.is_registered:
            return []
        # A master that still wants the agent empty says so next.
        instructions = [*self._register(RegistrationConfirmed(), now), *self._messages.draining.end()]
        self.info = evolve(self.info, id=agent_id)
        self.tasks.agent_id = agent_id
        if self._recorded != self.info:
            self._recorded = self.info
            instructions.append(Checkpoint(AgentRegistered(self.info)))
        instructions.append(Note("registered", {"agent": agent_id, "master": str(self.registration.leader)}))
        link = self.registration.link
        return [*instructions, *self.tasks.updates.resume(link, now), *self.operations.resume(link, now)]

    def _refuse(self, reason: str, is_final: bool, now: Moment) -> list[Instruction]:
        if is_final:
            return self._end(Ending(reason, is_refused=True), now)
        return self._register(RegistrationRefused(reason), now)

    def _end(self, ending: Ending, now: Moment) -> list[Instruction]:
        if self._ending is not None:
            return []
        self._ending = ending
        instructions: list[Instruction] = [Note("agent_ending", {"reason": ending.reason})]
        instructions += self.executors.shut_down_all(None, now)
        for machine in self.tasks.live():
            if not self._hosts.is_ended_by_host(machine):
                grace = self.settings.kill_grace(machine.task, None)
                instructions += self.tasks.tell(machine, KillAsked(grace=grace), now)
        return instructions

    def _try_to_leave(self, ending: Ending, now: Moment) -> list[Instruction]:
        if self.tasks.live() or self._hosts:
            return []
        if not self.registration.is_registered or not self.tasks.updates.pending_count:
            return self._leave(ending)
        if not self._is_saying_farewell:
            self._is_saying_farewell = True
            self._timers.set(FarewellOver(), now.steady + FAREWELL_SECONDS)
        return []

    def _leave(self, ending: Ending) -> list[Instruction]:
        self._has_left = True
        instructions: list[Instruction] = []
        if self.registration.is_registered and not ending.is_refused:
            instructions.append(self._send(Unregister(ending.reason)))
        if self.info.id is not None:
            instructions.append(Checkpoint(AgentForgotten(self.info.id)))
        return [*instructions, Exit(ending.reason, ending.is_refused)]
