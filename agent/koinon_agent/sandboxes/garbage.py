"""Which sandboxes go when: those where nothing runs any more, ``--gc_delay`` after that, sooner where the disk fills up
(mesos-semantics 7.1). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ..checkpoint.records import SandboxAbandoned, SandboxDeleted
from ..events import DiskMeasured, SandboxGone
from ..instructions import Checkpoint, DeleteSandbox, Instruction, MeasureDisk, Note
from ..settings import AgentSettings
from ..timers import Moment, Timers

RETRY_SECONDS = 3600.0
"""When to try again to delete what would not go."""


@frozen
class DeletionDue:
    """A sandbox has been kept long enough. Key of its timer."""

    sandbox: str


@frozen
class DiskWatchDue:
    """It is time to see how full the disk is. Key of its timer."""


def max_age(delay: float, headroom: float, usage: float) -> float:
    """How long sandboxes are kept, in seconds, while this share of the disk is in use."""
    return delay * max(0.0, 1.0 - headroom - usage)


class Garbage:
    """The abandoned sandboxes of this work directory, of earlier agent ids too."""

    def __init__(self, timers: Timers, settings: AgentSettings, abandoned: Mapping[str, float]) -> None:
        """``abandoned``: when each was, in seconds since 1970, as an earlier life remembers it; this life goes by its
        steady clock, so that no clock that is set deletes anything early or keeps it for ever.
        """
        self.max_age = settings.gc_delay
        self.deleted = 0
        self._timers = timers
        self._settings = settings
        self._abandoned = dict(abandoned)
        self._going: set[str] = set()

    def __len__(self) -> int:
        """How many sandboxes wait for their deletion."""
        return len(self._abandoned)

    def sandboxes(self) -> tuple[str, ...]:
        """Those, the one that was abandoned first in front."""
        return tuple(self._abandoned)

    def resume(self, now: Moment) -> None:
        """Set the deadlines of what was abandoned in an earlier life, and begin to watch the disk."""
        self._timers.set(DiskWatchDue(), now.steady)
        for sandbox, at in self._abandoned.items():
            since = self._abandoned[sandbox] = now.steady - max(0.0, now.wall - at)
            self._timers.set(DeletionDue(sandbox), max(now.steady, since + self._settings.gc_delay))

    def abandon(self, sandbox: str, now: Moment) -> list[Instruction]:
        """Nothing runs in this sandbox any more."""
        self._abandoned[sandbox] = now.steady
        self._timers.set(DeletionDue(sandbox), now.steady + self._settings.gc_delay)
        return [Checkpoint(SandboxAbandoned(sandbox=sandbox, at=now.wall))]

    def take_due(self, due: DeletionDue | DiskWatchDue, now: Moment) -> list[Instruction]:
        """A timer came due: have a sandbox deleted, or the disk measured."""
        if isinstance(due, DiskWatchDue):
            self._timers.set(due, now.steady + self._settings.disk_watch_interval)
            return [MeasureDisk()]
        return self._delete(due.sandbox, now) if due.sandbox in self._abandoned else []

    def handle(self, event: SandboxGone | DiskMeasured, now: Moment) -> list[Instruction]:
        """A sandbox is gone, or it became known how full the disk is."""
        return self._forget(event.sandbox) if isinstance(event, SandboxGone) else self._make_room(event.usage, now)

    def _make_room(self, usage: float, now: Moment) -> list[Instruction]:
        """Have the sandboxes deleted that are too old for a disk that is this full."""
        settings = self._settings
        self.max_age = max_age(settings.gc_delay, settings.gc_disk_headroom, usage)
        too_old = [
            sandbox
            for sandbox, at in self._abandoned.items()
            if sandbox not in self._going and now.steady - at >= self.max_age
        ]
        if not too_old:
            return []
        fields = {"usage": f"{usage:.2f}", "max_age": f"{self.max_age:.0f}", "sandboxes": str(len(too_old))}
        instructions: list[Instruction] = [Note("disk_is_filling", fields)]
        for sandbox in too_old:
            instructions += self._delete(sandbox, now)
        return instructions

    def _forget(self, sandbox: str) -> list[Instruction]:
        self._timers.cancel(DeletionDue(sandbox))
        self._going.discard(sandbox)
        if self._abandoned.pop(sandbox, None) is None:
            return []
        self.deleted += 1
        return [Checkpoint(SandboxDeleted(sandbox))]

    def _delete(self, sandbox: str, now: Moment) -> list[Instruction]:
        """Asked again later should it fail."""
        self._going.add(sandbox)
        self._timers.set(DeletionDue(sandbox), now.steady + RETRY_SECONDS)
        return [DeleteSandbox(sandbox)]
