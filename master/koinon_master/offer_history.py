"""What became of the offers that are not outstanding any more: the last of them, for people to read.

Written by the offer book alone, in one place and one append for each offer. Nothing is decided by it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import islice

from attrs import frozen

from koinon_core.frameworks import FrameworkInfo
from koinon_core.offers import Operation
from koinon_core.resources import Resources
from koinon_core.tasks import TaskInfo
from koinon_core.visibility import task_user

from .entities import HeldOffer

MAX_ENDED = 2000
"""How many offers are remembered after their end."""
_MAX_NAMED = 5
"""How many tasks of one operation are named."""


class OfferOutcome(Enum):
    """What became of an offer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    RESCINDED = "rescinded"
    """Taken back, as what was offered is to be something else or somebody else's."""
    EXPIRED = "expired"
    """Not answered within --offer_timeout."""
    WITHDRAWN = "withdrawn"
    """Its framework or its agent went."""


@frozen
class EndedOffer:
    """An offer and its end, in seconds since 1970. ``why`` is a sentence where the framework did not just answer."""

    held: HeldOffer
    ended: float
    outcome: OfferOutcome
    operations: tuple[str, ...] = ()
    """What was done with it, in words."""
    refused_until: float | None = None
    """Until when the framework is not offered that again."""
    why: str | None = None
    users: frozenset[str] = frozenset()
    """As whom the tasks were to run that ``operations`` name: not everybody may see all."""


class OfferHistory:
    """A ring of ended offers, the newest at the end. ``now`` is the time of the event that is being handled."""

    def __init__(self, most: int = MAX_ENDED) -> None:
        self.now = 0.0
        self.count = 0
        """How many ever ended."""
        self._ended: deque[EndedOffer] = deque(maxlen=most)

    def __len__(self) -> int:
        return len(self._ended)

    def __iter__(self) -> Iterator[EndedOffer]:
        return iter(self._ended)

    def note(self, ended: EndedOffer) -> None:
        """Remember one more."""
        self.count += 1
        self._ended.append(ended)

    def since(self, count: int) -> list[EndedOffer]:
        """Those that ended after so many had, as far as they are remembered; the oldest first."""
        return list(islice(reversed(self._ended), max(0, self.count - count)))[::-1]


def describe_operation(operation: Operation) -> str:
    """An operation in words: its name, and which tasks or how much."""
    name = "UNKNOWN" if operation.type is None else operation.type.name
    tasks = _tasks_of(operation)
    if tasks is not None:
        named = ", ".join([task.task_id for task in tasks[:_MAX_NAMED]])
        more = len(tasks) - _MAX_NAMED
        return f"{name} {named} and {more} more" if more > 0 else f"{name} {named}"
    return f"{name} {_describe_amount(operation)}".rstrip()


def find_users(operations: Iterable[Operation], framework: FrameworkInfo) -> frozenset[str]:
    """As whom the tasks of these operations run."""
    return frozenset(task_user(framework, task) for one in operations for task in _tasks_of(one) or ())


def _tasks_of(operation: Operation) -> Sequence[TaskInfo] | None:
    """What it launches; None where it is about something else."""
    if operation.launch is not None:
        return operation.launch.task_infos
    return None if operation.launch_group is None else operation.launch_group.task_group.tasks


def _describe_amount(operation: Operation) -> str:
    if operation.grow_volume is not None:
        return f"{operation.grow_volume.volume} by {operation.grow_volume.addition}"
    if operation.shrink_volume is not None:
        return f"{operation.shrink_volume.volume} by {operation.shrink_volume.subtract}"
    return str(_resources_of(operation) or "")


def _resources_of(operation: Operation) -> Resources | None:
    if operation.reserve is not None:
        return operation.reserve.resources
    if operation.unreserve is not None:
        return operation.unreserve.resources
    if operation.create is not None:
        return operation.create.volumes
    return None if operation.destroy is None else operation.destroy.volumes
