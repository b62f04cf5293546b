"""Which sandboxes go when: those where nothing runs any more, ``--gc_delay`` after that (mesos-semantics 7.1). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ..checkpoint.records import SandboxAbandoned, SandboxDeleted
from ..instructions import Checkpoint, DeleteSandbox, Instruction
from ..timers import Moment, Timers

RETRY_SECONDS = 3600.0
"""When to try again to delete what would not go."""


@frozen
class DeletionDue:
    """A sandbox has been kept long enough. Key of its timer."""

    sandbox: str


class Garbage:
    """The abandoned sandboxes of this work directory, of earlier agent ids too."""

    def __init__(self, timers: Timers, delay: float, abandoned: Mapping[str, float]) -> None:
        """``abandoned``: when each was, in seconds since 1970, as an earlier life remembers it."""
        self._timers = timers
        self._delay = delay
        self._abandoned = dict(abandoned)

    def __len__(self) -> int:
        """How many sandboxes wait for their deletion."""
        return len(self._abandoned)

    def resume(self, now: Moment) -> None:
        """Set the deadlines of what was abandoned in an earlier life."""
        for sandbox, at in self._abandoned.items():
            self._timers.set(DeletionDue(sandbox), now.steady + max(0.0, at + self._delay - now.wall))

    def abandon(self, sandbox: str, now: Moment) -> list[Instruction]:
        """Nothing runs in this sandbox any more."""
        self._abandoned[sandbox] = now.wall
        self._timers.set(DeletionDue(sandbox), now.steady + self._delay)
        return [Checkpoint(SandboxAbandoned(sandbox=sandbox, at=now.wall))]

    def delete(self, due: DeletionDue, now: Moment) -> list[Instruction]:
        """Have a sandbox deleted; asked again later should that fail."""
        if due.sandbox not in self._abandoned:
            return []
        self._timers.set(due, now.steady + RETRY_SECONDS)
        return [DeleteSandbox(due.sandbox)]

    def forget(self, sandbox: str) -> list[Instruction]:
        """A sandbox is gone."""
        self._timers.cancel(DeletionDue(sandbox))
        if self._abandoned.pop(sandbox, None) is None:
            return []
        return [Checkpoint(SandboxDeleted(sandbox))]
