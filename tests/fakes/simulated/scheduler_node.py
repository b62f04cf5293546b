"""A scheduler as a careful author writes it: stores before it acts, acknowledges, reconciles, kills what it gave up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from attrs import define, evolve

from koinon_core.containers import CommandInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId, OfferId, StreamId, TaskId
from koinon_core.offers import Filters, Launch, Offer, Operation, OperationType, Reserve, Unreserve
from koinon_core.resources import Kind, Reservation, Resource, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import (
    Accept,
    Acknowledge,
    Call,
    CallBody,
    Decline,
    Error,
    EventBody,
    Kill,
    Offers,
    Reconcile,
    ReconcileTask,
    Revive,
    Subscribe,
    Subscribed,
    Suppress,
    Unknown,
    Update,
)
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus
from koinon_frameworks.driver.reconcile import Reconciler
from koinon_master.events import CallReceived, StreamClosed, SubscribeReceived
from koinon_master.validation.calls import find_call_problem

from .master_node import MasterNode
from .wires import Connection, Wires

_NEEDED = parse_resources("cpus:1;mem:64")
_RETRY_SECONDS = 0.5
_RECONCILE_SECONDS = 2.0
_OVER = (TaskState.TASK_UNKNOWN,)


@define
class Known:
    """What the scheduler has stored of a task. ``state`` is None until something was said of it."""

    agent_id: AgentId
    state: TaskState | None = None

    @property
    def is_over(self) -> bool:
        """Whether the scheduler counts on it no more."""
        return self.state is not None and (self.state.is_terminal or self.state in _OVER)


class SchedulerNode:
    """One framework. ``tasks`` and the framework id outlive its process."""

    def __init__(self, name: str, info: FrameworkInfo, wires: Wires, masters: Mapping[str, MasterNode]) -> None:
        self.name = name
        self.tasks: dict[TaskId, Known] = {}
        self.accepted: set[OfferId] = set()
        self.framework_id: FrameworkId | None = None
        self.wanted = 4
        self._info = info
        self._wires, self._masters, self._agenda = wires, masters, wires.agenda
        self._rng = Random(wires.rng.getrandbits(32))
        self._life = 0
        self._streams = 0
        self._launched = 0
        self._leader: str | None = None
        self._stream: tuple[StreamId, Connection, MasterNode] | None = None
        self._is_subscribed = False
        self._reconciler = Reconciler(self._rng, implicit_interval=20.0)

    @property
    def is_subscribed(self) -> bool:
        """Whether a master has it."""
        return self._is_subscribed

    def start(self) -> None:
        """Begin a life with what was stored."""
        self._life += 1
        self._stream, self._is_subscribed = None, False
        self._subscribe_later(0.0)
        self._later(_RECONCILE_SECONDS, self._look_around)

    def kill(self) -> None:
        """End without a word, and come back with what was stored."""
        self._agenda.tell(self.name, "dies")
        self._life += 1
        self._wires.drop(self.name)
        self._agenda.after(self._rng.uniform(0.1, 3.0), self.start)

    def watch(self, leader: str | None) -> None:
        """The detector says who leads."""
        self._leader = leader
        if leader is not None and self._stream is not None and self._stream[2].name != leader:
            self._stream[1].close(by=self.name)

    def kill_some_task(self) -> None:
        """Give a task up."""
        going = [task_id for task_id, known in self.tasks.items() if not known.is_over]
        if going:
            task_id = self._rng.choice(going)
            self._call(Kill(task_id=task_id, agent_id=self.tasks[task_id].agent_id))

    def change_its_mind(self) -> None:
        """Suppress, and revive a little later."""
        self._call(Suppress())
        self._later(self._rng.uniform(0.1, 3.0), lambda: self._call(Revive()))

    def make_peace(self) -> None:
        """Want offers, whatever it said before."""
        self._call(Revive())

    # The stream

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        life = self._life
        self._agenda.after(seconds, lambda: act() if life == self._life else None)

    def _subscribe_later(self, seconds: float) -> None:
        self._later(seconds, self._subscribe)

    def _subscribe(self) -> None:
        if self._stream is not None:
            return
        master = None if self._leader is None else self._masters[self._leader]
        if master is None or not (master.answers and self._wires.reaches(self.name, master.name)):
            self._subscribe_later(_RETRY_SECONDS)
            return
        self._streams += 1
        stream_id, life = StreamId(f"{self.name}.{self._life}.{self._streams}"), self._life
        connection = self._wires.connect(self.name, master.name)
        master.accept_stream(stream_id, connection, self)
        self._stream = stream_id, connection, master
        connection.on_close[self.name] = lambda: self._closed(stream_id) if life == self._life else None
        connection.on_close[master.name] = lambda: _close_at_master(master, stream_id)
        info = evolve(self._info, id=self.framework_id)
        event = SubscribeReceived(stream_id=stream_id, framework_info=info)
        connection.send(self.name, lambda: master.submit(event))

    def _closed(self, stream_id: StreamId) -> None:
        if self._stream is not None and self._stream[0] == stream_id:
            self._stream, self._is_subscribed = None, False
            self._reconciler.pause()
            self._subscribe_later(_RETRY_SECONDS)

    def take_event(self, stream_id: StreamId, event: EventBody) -> None:
        """An event arrived on a stream."""
        if self._stream is None or self._stream[0] != stream_id:
            return
        match event:
            case Subscribed():
                self.framework_id, self._is_subscribed = event.framework_id, True
                self._begin_reconciliation()
            case Offers(offers):
                for offer in offers:
                    self._use(offer)
            case Update(status):
                self._take_status(status)
            case Error(message):
                self._agenda.tell(self.name, f"ERROR: {message}")

    def _call(self, body: CallBody) -> None:
        if self._stream is None or self.framework_id is None:
            return
        stream_id, _, master = self._stream
        call = Call(body, self.framework_id)
        self._wires.post(self.name, master.name, lambda: _submit(master, call, stream_id))

    # What it does with what it hears

    def _use(self, offer: Offer) -> None:
        resources = offer.resources.allocated_to(None)
        going = sum(not known.is_over for known in self.tasks.values())
        needed = _pick(resources)
        if self._rng.random() < 0.15:
            self._accept(offer, self._convert(resources))
        elif going >= self.wanted or needed is None:
            self._call(Decline(offer_ids=(offer.id,), filters=Filters(self._rng.choice((0.0, 1.0, 5.0)))))
        else:
            self._accept(offer, self._launch(offer.agent_id, needed))

    def _accept(self, offer: Offer, operation: Operation) -> None:
        self._call(Accept(offer_ids=(offer.id,), operations=(operation,), filters=Filters(1.0)))

    def _convert(self, resources: Resources) -> Operation:
        """Give a reservation up if there is one, else make one; without enough to reserve the master refuses it."""
        reserved = resources.filter(lambda kind: bool(kind.reservations))
        if reserved:
            return Operation(type=OperationType.UNRESERVE, unreserve=Unreserve(reserved))
        kind = Kind(name="cpus", reservations=(Reservation(role=self._info.roles[0]),))
        wanted = Resources((Resource(kind, Scalar.of(1)),))
        return Operation(type=OperationType.RESERVE, reserve=Reserve(resources=wanted))

    def _launch(self, agent_id: AgentId, resources: Resources) -> Operation:
        self._launched += 1
        task_id = TaskId(f"{self.name}-{self._launched}")
        self.tasks[task_id] = Known(agent_id)
        task = TaskInfo(
            name=task_id,
            task_id=task_id,
            agent_id=agent_id,
            resources=resources,
            command=CommandInfo(value="sleep 1000"),
        )
        return Operation(type=OperationType.LAUNCH, launch=Launch((task,)))

    def _take_status(self, status: TaskStatus) -> None:
        known = self.tasks.get(status.task_id)
        if known is not None:
            was_over = known.is_over
            known.state = status.state
            self._reconciler.note_answer(status.task_id, self._agenda.now)
            if was_over and not known.is_over:
                self._agenda.tell(self.name, f"{status.task_id} is back: {status.state.name}")
                known.state = TaskState.TASK_KILLED
                self._call(Kill(task_id=status.task_id, agent_id=status.agent_id))
        if status.uuid is not None and status.agent_id is not None:
            self._call(Acknowledge(agent_id=status.agent_id, task_id=status.task_id, uuid=status.uuid))

    def _begin_reconciliation(self) -> None:
        open_tasks = [
            ReconcileTask(task_id=task_id, agent_id=known.agent_id)
            for task_id, known in self.tasks.items()
            if not known.is_over
        ]
        self._reconciler.begin(open_tasks, self._agenda.now)

    def _look_around(self) -> None:
        """Ask about open tasks; what is over and runs none the less shows itself in the implicit answers."""
        question = self._reconciler.due(self._agenda.now) if self._is_subscribed else None
        if question is not None:
            self._call(question)
            if question == Reconcile():
                self._begin_reconciliation()
        self._later(_RECONCILE_SECONDS, self._look_around)


def _pick(offered: Resources) -> Resources | None:
    """What a task takes of an offer, reserved where there is enough of it; None: there is not enough."""
    picked = []
    for needed in _NEEDED:
        fitting = [item for item in offered if item.name == needed.name and Resources((needed,)) in _plain(item)]
        if not fitting:
            return None
        reserved_first = min(fitting, key=lambda item: not item.kind.reservations)
        picked.append(Resource(reserved_first.kind, needed.value))
    return Resources(tuple(picked))


def _plain(item: Resource) -> Resources:
    return Resources((Resource(Kind(name=item.name), item.value),))


def _submit(master: MasterNode, call: Call, stream_id: StreamId) -> None:
    """What the HTTP edge does with a call."""
    if master.machine is None or call.framework_id is None or isinstance(call.body, Subscribe | Unknown):
        return
    if find_call_problem(master.machine.state, call, stream_id) is None:
        master.submit(CallReceived(framework_id=call.framework_id, body=call.body, stream_id=stream_id))


def _close_at_master(master: MasterNode, stream_id: StreamId) -> None:
    master.drop_stream(stream_id)
    master.submit(StreamClosed(stream_id))
