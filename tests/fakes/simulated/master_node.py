"""A master's process on the virtual cluster: the real machine, and a loop like the real one around it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from attrs import define

from koinon_core.agent_link import MasterFrame, MasterMessage
from koinon_core.ids import StreamId
from koinon_core.scheduler_api import EventBody
from koinon_daemon.flag_values import HostPort
from koinon_master.config import MasterConfig
from koinon_master.events import (
    AllocationDue,
    Event,
    LinkId,
    OperationStored,
    RegistryRecovered,
    StreamDrained,
    TimePassed,
)
from koinon_master.identity import make_master_info
from koinon_master.instructions import (
    AwaitDrained,
    CloseLink,
    CloseStream,
    Instruction,
    SendEvent,
    SendToAgent,
    StoreOperation,
)
from koinon_master.loop import BATCH_SECONDS
from koinon_master.master import Master
from koinon_master.registry.records import RegistryOperation

from .agenda import Agenda
from .quorum import Quorum
from .wires import Connection, Wires

RESTART_SECONDS = 1.0


class FrameTaker(Protocol):
    """The agent's end of a link."""

    def take_frame(self, connection: Connection, frame: MasterFrame) -> None:
        """A frame arrived."""


class EventTaker(Protocol):
    """The scheduler's end of a stream."""

    def take_event(self, stream_id: StreamId, event: EventBody) -> None:
        """An event arrived."""


@define(eq=False)
class _Peer:
    """Who is at the other end of a link or stream."""

    connection: Connection
    taker: FrameTaker | EventTaker


class MasterNode:
    """One master, its process started again whenever it ends."""

    def __init__(self, name: str, config: MasterConfig, wires: Wires, quorum: Quorum) -> None:
        self.name = name
        self.machine: Master | None = None
        self.epoch = 0
        self.on_handled: Callable[[MasterNode, Event], None] = lambda _node, _event: None
        self._config, self._wires, self._quorum = config, wires, quorum
        self._agenda: Agenda = wires.agenda
        self._life = 0
        self._frozen_until = 0.0
        self._is_held = False
        self._queue: deque[Event] = deque()
        self._links: dict[LinkId, _Peer] = {}
        self._streams: dict[StreamId, _Peer] = {}
        self._numbers = 0
        self._writes: list[RegistryOperation] = []
        self._is_writing = False
        self._allocation_due: float | None = None
        self._allocated_at = float("-inf")
        self._wake_at: float | None = None
        self.is_alive = False

    def start(self) -> None:
        """Begin a life and stand for election."""
        self._life += 1
        self.is_alive = True
        self.machine, self.epoch, self._is_held = None, 0, False
        self._queue.clear()
        self._links.clear()
        self._streams.clear()
        self._writes, self._is_writing = [], False
        self._allocation_due = self._wake_at = None
        self._quorum.stand(self)

    def kill(self) -> None:
        """End without a word; a supervisor starts it again."""
        if not self.is_alive:
            return
        self._agenda.tell(self.name, "dies")
        self.is_alive = False
        self.machine = None
        self._life += 1
        self._wires.drop(self.name)
        self._quorum.leave(self)
        self._agenda.after(RESTART_SECONDS, self.start)

    def freeze(self, seconds: float) -> None:
        """Stand still, hearing nothing, and go on as if no time had passed."""
        self._frozen_until = self._agenda.now + seconds
        self._agenda.after(seconds, self._turn_later)

    # The quorum's word

    def lead(self, epoch: int) -> None:
        """It leads: recover the registry, then open the doors."""
        if not self.is_alive:
            return
        self.epoch = epoch
        info = make_master_info(f"{self.name}.{self._life}", HostPort("10.0.0.1", 5050), self.name)
        self.machine = Master(info, self._config)
        self._queue.appendleft(RegistryRecovered(self._quorum.recover(epoch)))
        self._turn_later()

    def suspend(self) -> None:
        """Hold still."""
        self._is_held = self.is_alive

    def resume(self) -> None:
        """Go on."""
        self._is_held = False
        self._turn_later()

    def lose(self) -> None:
        """Exit: somebody else may lead."""
        self.kill()

    # Its doors

    @property
    def answers(self) -> bool:
        """Whether it takes connections as the leader."""
        return self.is_alive and self.machine is not None and not self._is_frozen

    def accept_link(self, connection: Connection, taker: FrameTaker) -> LinkId:
        """An agent connected."""
        self._numbers += 1
        link_id = LinkId(self._numbers)
        self._links[link_id] = _Peer(connection, taker)
        return link_id

    def accept_stream(self, stream_id: StreamId, connection: Connection, taker: EventTaker) -> None:
        """A scheduler opened its stream."""
        self._streams[stream_id] = _Peer(connection, taker)

    def drop_link(self, link_id: LinkId) -> None:
        """A link ended."""
        self._links.pop(link_id, None)

    def drop_stream(self, stream_id: StreamId) -> None:
        """A stream ended."""
        self._streams.pop(stream_id, None)

    def submit(self, event: Event) -> None:
        """Have an event handled, after those before it."""
        if self.is_alive and self.machine is not None:
            self._queue.append(event)
            self._turn_later()

    # Its loop

    @property
    def _is_frozen(self) -> bool:
        return self._agenda.now < self._frozen_until

    def _turn_later(self) -> None:
        self._wake(self._agenda.now)

    def _wake(self, when: float) -> None:
        if self._wake_at is not None and self._wake_at <= when:
            return
        self._wake_at, life = when, self._life
        self._agenda.at(when, lambda: self._turn(when) if life == self._life else None)

    def _turn(self, planned: float) -> None:
        if self._wake_at != planned:
            return
        self._wake_at = None
        if self.machine is None or self._is_frozen or self._is_held:
            return
        outgoing: dict[LinkId, list[MasterMessage]] = {}
        machine, life = self.machine, self._life
        for event in self._due(machine):
            instructions = machine.handle(event, self._agenda.now)
            self.on_handled(self, event)
            for instruction in instructions:
                self._carry_out(instruction, outgoing)
            if life != self._life:
                return
        self._send_frames(outgoing)
        self._plan_next(machine)

    def _due(self, machine: Master) -> list[Event]:
        events = list(self._queue)
        self._queue.clear()
        deadline = machine.next_deadline()
        if deadline is not None and deadline <= self._agenda.now:
            events.append(TimePassed())
        if self._allocation_due is not None and self._allocation_due <= self._agenda.now:
            self._allocation_due, self._allocated_at = None, self._agenda.now
            events.append(AllocationDue())
        return events

    def _plan_next(self, machine: Master) -> None:
        if self._allocation_due is None and machine.has_offers_to_make():
            self._allocation_due = max(self._agenda.now, self._allocated_at + BATCH_SECONDS)
        for due in (machine.next_deadline(), self._allocation_due):
            if due is not None:
                self._wake(max(due, self._agenda.now))

    def _carry_out(self, instruction: Instruction, outgoing: dict[LinkId, list[MasterMessage]]) -> None:
        match instruction:
            case SendEvent():
                self._send_event(instruction.stream_id, instruction.event)
            case SendToAgent():
                outgoing.setdefault(instruction.link_id, []).append(instruction.message)
            case StoreOperation():
                self._writes.append(instruction.operation)
                self._write()
            case AwaitDrained(stream_id):
                self.submit(StreamDrained(stream_id))
            case CloseStream():
                self._finish(self._streams.pop(instruction.stream_id, None))
            case CloseLink():
                self._send_frames(outgoing)
                self._finish(self._links.pop(instruction.link_id, None))

    def _finish(self, peer: _Peer | None) -> None:
        if peer is not None:
            peer.connection.close(by=self.name)

    def _send_event(self, stream_id: StreamId, event: EventBody) -> None:
        peer = self._streams.get(stream_id)
        if peer is not None:
            taker: EventTaker = peer.taker  # type: ignore[assignment]
            peer.connection.send(self.name, lambda: taker.take_event(stream_id, event))

    def _send_frames(self, outgoing: dict[LinkId, list[MasterMessage]]) -> None:
        for link_id, messages in outgoing.items():
            peer = self._links.get(link_id)
            if peer is not None:
                self._send_frame(peer, MasterFrame(epoch=self.epoch, messages=tuple(messages)))
        outgoing.clear()

    def _send_frame(self, peer: _Peer, frame: MasterFrame) -> None:
        taker: FrameTaker = peer.taker  # type: ignore[assignment]
        peer.connection.send(self.name, lambda: taker.take_frame(peer.connection, frame))

    def _write(self) -> None:
        if self._is_writing or not self._writes:
            return
        batch, self._writes, self._is_writing, life = self._writes, [], True, self._life

        def done(is_stored: bool) -> None:
            if life != self._life:
                return
            self._is_writing = False
            if not is_stored:
                self.kill()
                return
            for operation in batch:
                self.submit(OperationStored(operation))
            self._write()

        self._quorum.write(self.epoch, batch, done)
