"""A network with a seed: connections that keep their order, single messages that may not, and cuts."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .agenda import Act, Agenda

SILENCE_SECONDS = 6.0
"""After how long without a sign of life a peer of a dead connection notices."""


class Wires:
    """What lies between the nodes, by their names."""

    def __init__(self, agenda: Agenda, rng: Random) -> None:
        self.agenda = agenda
        self.rng = rng
        self.is_faulty = True
        self._cut: dict[frozenset[str], float] = {}
        self._connections: list[Connection] = []

    def latency(self) -> float:
        """Seconds a message takes: mostly little, sometimes long."""
        if self.is_faulty and self.rng.random() < 0.05:
            return self.rng.uniform(0.1, 2.0)
        return self.rng.uniform(0.0005, 0.01)

    def cut(self, one: str, other: str, seconds: float) -> None:
        """Let nothing through between two nodes for a while; what they have open breaks."""
        self._cut[frozenset((one, other))] = self.agenda.now + seconds
        for connection in tuple(self._connections):
            if {connection.client, connection.server} == {one, other}:
                connection.break_silently()

    def heal(self) -> None:
        """No more cuts, no more losses."""
        self._cut.clear()
        self.is_faulty = False

    def reaches(self, one: str, other: str) -> bool:
        """Whether anything goes through now."""
        return self._cut.get(frozenset((one, other)), 0.0) <= self.agenda.now

    def post(self, sender: str, receiver: str, act: Act) -> None:
        """Carry one message that stands for itself: late, twice or never when the network is faulty."""
        if not self.reaches(sender, receiver):
            return
        chance = self.rng.random() if self.is_faulty else 1.0
        if chance < 0.02:
            return
        for _ in range(2 if chance < 0.04 else 1):
            self.agenda.after(self.latency(), lambda: act() if self.reaches(sender, receiver) else None)

    def connect(self, client: str, server: str) -> Connection:
        """Open a connection; what is sent on it arrives in order, until it breaks."""
        connection = Connection(self, client, server)
        self._connections.append(connection)
        return connection

    def drop(self, node: str) -> None:
        """A process ended: its peers hear of it at once."""
        for connection in tuple(self._connections):
            if node in (connection.client, connection.server):
                connection.close(by=node)

    def forget(self, connection: Connection) -> None:
        """A connection is over."""
        if connection in self._connections:
            self._connections.remove(connection)


class Connection:
    """An ordered way between a client and a server. ``on_close`` is called once for each side, by its name."""

    def __init__(self, wires: Wires, client: str, server: str) -> None:
        self.client, self.server = client, server
        self.is_open = True
        self.on_close: dict[str, Callable[[], None]] = {}
        self._wires = wires
        self._arrival = {client: 0.0, server: 0.0}

    def send(self, sender: str, act: Act) -> None:
        """Let an act happen at the other end, after all that was sent before it; lost if the connection breaks."""
        if not self.is_open:
            return
        receiver = self.server if sender == self.client else self.client
        self._arrival[receiver] = max(self._wires.agenda.now + self._wires.latency(), self._arrival[receiver])
        self._wires.agenda.at(self._arrival[receiver], lambda: act() if self.is_open else None)

    def close(self, by: str) -> None:
        """One side ends it: the other hears of it after all that was sent."""
        if not self.is_open:
            return
        other = self.server if by == self.client else self.client
        arrival = max(self._wires.agenda.now + self._wires.latency(), self._arrival[other])
        self._tell(by, self._wires.agenda.now)
        self._tell(other, arrival)
        self._wires.agenda.at(arrival, self._end)
        self._wires.forget(self)

    def break_silently(self) -> None:
        """Nothing arrives any more, and each side notices in its own time."""
        if not self.is_open:
            return
        self._end()
        for side in (self.client, self.server):
            self._tell(side, self._wires.agenda.now + self._wires.rng.uniform(0.0, SILENCE_SECONDS))
        self._wires.forget(self)

    def _end(self) -> None:
        self.is_open = False

    def _tell(self, side: str, when: float) -> None:
        notice = self.on_close.pop(side, None)
        if notice is not None:
            self._wires.agenda.at(when, notice)
