"""What a workload is told: by the master, by its owner, by the clock."""

from __future__ import annotations

from attrs import frozen

from koinon_core.ids import AgentId, TaskId
from koinon_core.offers import Offer
from koinon_core.tasks import TaskStatus

from ..calls import CallFailure
from .spec import TaskSpec


@frozen
class Subscribed:
    """A stream is open, for the first time or again. What was asked on an earlier one has happened or never will.

    That a stream is gone is no event: no offer was held, and what is asked meanwhile fails and is asked again.
    """


@frozen
class OffersReceived:
    """Offers, each of which is answered at once."""

    offers: tuple[Offer, ...]


@frozen
class StatusReceived:
    """A task's latest, perhaps not for the first time."""

    status: TaskStatus


@frozen
class AgentLost:
    """An agent is gone for good."""

    agent_id: AgentId


@frozen(kw_only=True)
class LaunchAnswered:
    """What the master said to the ACCEPT of these tasks; no failure: it took the call."""

    task_ids: tuple[TaskId, ...]
    failure: CallFailure | None = None


@frozen
class Tick:
    """``deadline`` may have passed."""


@frozen(kw_only=True)
class EndWanted:
    """The owner wants tasks to end: all, those of a ``name``, or the one with this ``index``."""

    name: str | None = None
    index: int | None = None
    why: str = "ended by its owner"


@frozen
class ScaleWanted:
    """The owner wants so many of a name."""

    name: str
    count: int


@frozen
class ReplaceWanted:
    """The owner wants these tasks in the place of those before: new ones, changed ones, without those left out."""

    specs: tuple[TaskSpec, ...]


Event = (
    Subscribed
    | OffersReceived
    | StatusReceived
    | AgentLost
    | LaunchAnswered
    | Tick
    | EndWanted
    | ScaleWanted
    | ReplaceWanted
)
