"""The election and the registry's store, as masters see ZooKeeper: sessions that expire, epochs, a fence."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Protocol

from attrs import define

from koinon_master.registry.records import Registry, RegistryOperation

from .agenda import Agenda

SESSION_SECONDS = 1.0
STORE_SECONDS = 0.01


class Candidate(Protocol):
    """A master, as the quorum calls it."""

    name: str

    def lead(self, epoch: int) -> None:
        """It leads from now on."""

    def suspend(self) -> None:
        """It can't know whether it still leads."""

    def resume(self) -> None:
        """It knows again that it leads."""

    def lose(self) -> None:
        """Its place is gone."""


@define(eq=False)
class _Session:
    """One life of a candidate, as the quorum knows it. It goes on for a while after the process has ended."""

    candidate: Candidate
    is_over: bool = False


class Quorum:
    """Orders the candidates and keeps what the leader stores."""

    def __init__(self, agenda: Agenda) -> None:
        self.registry = Registry()
        self.fence = 0
        self.watchers: list[Callable[[str | None], None]] = []
        self._agenda = agenda
        self._epoch = 0
        self._waiting: list[_Session] = []
        self._leading: _Session | None = None
        self._current: dict[str, _Session] = {}

    @property
    def leader(self) -> Candidate | None:
        """Who leads as far as the quorum knows; its process may have ended a moment ago."""
        return None if self._leading is None else self._leading.candidate

    def stand(self, candidate: Candidate) -> None:
        """Let a master stand for election, with a new session."""
        session = self._current[candidate.name] = _Session(candidate)
        self._waiting.append(session)
        self._agenda.after(STORE_SECONDS, self._elect)

    def leave(self, candidate: Candidate) -> None:
        """A candidate's process ended without a word: its session runs out."""
        session = self._current[candidate.name]
        self._agenda.after(SESSION_SECONDS, lambda: self._expire(session))

    def cut_off(self, candidate: Candidate, seconds: float) -> None:
        """A candidate can't be heard for a while. It hears nothing either, and holds still as soon as it notices."""
        session = self._current[candidate.name]

        def tell(what: Callable[[], None]) -> None:
            if self._current[candidate.name] is session:
                what()

        self._agenda.after(0.1, lambda: tell(candidate.suspend))
        if seconds > SESSION_SECONDS:
            self._agenda.after(SESSION_SECONDS, lambda: self._expire(session))
        self._agenda.after(seconds, lambda: tell(candidate.lose if session.is_over else candidate.resume))

    def write(self, epoch: int, operations: list[RegistryOperation], done: Callable[[bool], None]) -> None:
        """Store operations in one write; ``done`` hears whether the fence let them through."""

        def store() -> None:
            if epoch < self.fence:
                done(False)
                return
            for operation in operations:
                self.registry.apply(operation)
            done(True)

        self._agenda.after(STORE_SECONDS, store)

    def recover(self, epoch: int) -> Registry:
        """Fence every earlier leader off and read what is stored."""
        self.fence = max(self.fence, epoch)
        # As it would come back from a store, and three times as fast as a deep copy.
        copied: Registry = pickle.loads(pickle.dumps(self.registry))
        return copied

    def _expire(self, session: _Session) -> None:
        session.is_over = True
        if session in self._waiting:
            self._waiting.remove(session)
        if self._leading is session:
            self._leading = None
            self._tell()
            self._elect()

    def _elect(self) -> None:
        if self._leading is not None or not self._waiting:
            return
        self._epoch += 1
        self._leading = self._waiting[0]
        leader = self._leading.candidate
        is_there = self._current[leader.name] is self._leading
        self._agenda.tell("quorum", f"{leader.name} leads, epoch {self._epoch}" + ("" if is_there else ", but is dead"))
        if is_there:
            leader.lead(self._epoch)
        self._tell()

    def _tell(self) -> None:
        for watch in self.watchers:
            watch(None if self.leader is None else self.leader.name)
