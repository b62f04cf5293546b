"""A group: the candidates under one path, with a sequence number each. The seam between election and quorum.

``Group`` is what contender and detector need; ``ZooKeeperGroup`` keeps it in Mesos's own layout (mesos-semantics 1).
Who leads is decided elsewhere.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import Enum
from typing import Protocol

from .errors import Missing, QuorumUnavailable
from .paths import candidate_name, pick_sequences
from .session import Session, SessionState


class GroupSignal(Enum):
    """News for whoever watches a group."""

    CONNECTED = "connected"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    CHANGED = "changed"
    """Read the group again."""


Signals = asyncio.Queue[GroupSignal]


class Group(Protocol):
    """The candidates under one path. Requests raise QuorumUnavailable when the connection is gone."""

    @property
    def subject(self) -> str:
        """The group's path, for errors and logs."""
        ...

    @property
    def grace(self) -> float:
        """Seconds that a suspended connection may take to come back before the leader counts as unknown."""
        ...

    def watching(self) -> AbstractContextManager[Signals]:
        """News from now on, beginning with CONNECTED if that is so. CHANGED comes once after each ``read``."""
        ...

    async def join(self, label: str, data: bytes) -> int:
        """Take a place and return its number, greater than any before."""
        ...

    async def leave(self, label: str, sequence: int) -> None:
        """Give a place up; content when it is gone."""
        ...

    async def read(self, label: str, signals: Signals) -> list[int]:
        """The places taken, smallest first; ``signals`` is told when that changes."""
        ...

    async def data(self, label: str, sequence: int) -> bytes | None:
        """What a candidate joined with; None when it is gone."""
        ...


_SIGNALS = {
    SessionState.CONNECTED: GroupSignal.CONNECTED,
    SessionState.SUSPENDED: GroupSignal.SUSPENDED,
    SessionState.LOST: GroupSignal.EXPIRED,
}


class ZooKeeperGroup:
    """A persistent znode with an ephemeral, sequential child for each candidate."""

    def __init__(self, session: Session, path: str) -> None:
        """``path`` is created, with its parents, by the first candidate or detector."""
        self.subject = path
        self._session = session
        self._places: set[int] = set()

    @property
    def grace(self) -> float:
        """The session's timeout."""
        return self._session.timeout

    @contextmanager
    def watching(self) -> Iterator[Signals]:
        """The session's states, and what ``read`` adds."""
        signals = Signals()
        if self._session.state is SessionState.CONNECTED:
            signals.put_nowait(GroupSignal.CONNECTED)
        with self._session.listening(lambda state: signals.put_nowait(_SIGNALS[state])):
            yield signals

    async def join(self, label: str, data: bytes) -> int:
        """Create the child, or take up one that an earlier attempt of this session created unheard."""
        while True:
            await self._session.ensure(self.subject)
            try:
                sequence = await self._find_unheard(label, data)
                if sequence is None:
                    created = await self._session.create_candidate(f"{self.subject}/{label}", data)
                    sequence = pick_sequences([created.rpartition("/")[2]], label)[0]
            except Missing:
                continue  # somebody removed the group meanwhile
            self._places.add(sequence)
            return sequence

    async def _find_unheard(self, label: str, data: bytes) -> int | None:
        for sequence in pick_sequences(await self._session.children(self.subject), label):
            path = self._path(label, sequence)
            is_ours = sequence not in self._places and await self._session.owner(path) == self._session.session_id
            if is_ours and await self.data(label, sequence) == data:
                return sequence
        return None

    async def leave(self, label: str, sequence: int) -> None:
        """Delete the child. Without a connection the session's end does it."""
        try:
            await self._session.delete(self._path(label, sequence))
        except QuorumUnavailable:
            return
        self._places.discard(sequence)

    async def read(self, label: str, signals: Signals) -> list[int]:
        """The children with that label."""

        def on_change() -> None:
            signals.put_nowait(GroupSignal.CHANGED)

        while True:
            try:
                return pick_sequences(await self._session.children(self.subject, on_change), label)
            except Missing:
                await self._session.ensure(self.subject)

    async def data(self, label: str, sequence: int) -> bytes | None:
        """The child's data."""
        try:
            return (await self._session.read(self._path(label, sequence)))[0]
        except Missing:
            return None

    def _path(self, label: str, sequence: int) -> str:
        return f"{self.subject}/{candidate_name(label, sequence)}"
