"""What happens to jobs and runs, for whoever listens: made of what was stored, so that nothing is told too early.

Pure: the sockets are behind ``Outlet``, which bounds what it holds back for a slow reader and then ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import orjson
from attrs import define, field, frozen

from koinon_core.wire.server_sent import frame_event

from ..job import Job
from ..records import JOBS, RUNS, Record, RecordKey
from ..runs import Run, RunId
from .views import run_object


class Outlet(Protocol):
    """Where one listener's events go."""

    def send_frame(self, frame: bytes) -> bool:
        """Queue a framed event without blocking; False when the outlet has ended."""


@frozen
class Told:
    """One event: its type, which job it is about, and its JSON."""

    type: str
    job: str
    body: dict[str, Any]


@define(eq=False)
class Listener:
    """One open stream, and what it wants to hear: nothing named means all."""

    outlet: Outlet
    types: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()

    def wants(self, told: Told) -> bool:
        """Whether this is for them."""
        return (not self.types or told.type in self.types) and (not self.jobs or told.job in self.jobs)


@define(eq=False)
class EventHub:
    """All listeners, and which runs were said to have started."""

    listeners: set[Listener] = field(factory=set)
    _started: set[RunId] = field(factory=set)

    def tell(self, puts: Sequence[Record], deletes: Sequence[RecordKey]) -> None:
        """Something was stored."""
        for told in self._events(puts, deletes):
            hearing = [each for each in self.listeners if each.wants(told)]
            if hearing:
                frame = frame_event(told.type, orjson.dumps(told.body).decode())
                for listener in hearing:
                    listener.outlet.send_frame(frame)

    def _events(self, puts: Sequence[Record], deletes: Sequence[RecordKey]) -> Iterator[Told]:
        for record in puts:
            if isinstance(record, Job):
                yield Told("job_changed", record.name, {"job": record.name})
            elif isinstance(record, Run):
                yield self._told_of(record)
        for key in deletes:
            room, _, name = key.partition("/")
            if room == RUNS:
                self._started.discard(RunId(name))
            elif room == JOBS:
                yield Told("job_removed", name, {"job": name})

    def _told_of(self, run: Run) -> Told:
        kind = "run_changed"
        if run.state.is_over:
            kind = "run_ended"
            self._started.discard(run.id)
        elif run.attempt is not None and run.attempt.started is not None and run.id not in self._started:
            kind = "run_started"
            self._started.add(run.id)
        return Told(kind, run.job, {"job": run.job, "run": run_object(run)})
