"""What the machine hears: requests of people, and what comes from the master, the store and the clock."""

from __future__ import annotations

from typing import NewType

from attrs import frozen

from koinon_core.ids import OfferId, TaskId
from koinon_core.offers import Offer
from koinon_core.tasks import TaskStatus

from .job import Job
from .records import Doomed
from .runs import Run, RunId
from .schedule import JobName
from .views import Progress

RequestId = NewType("RequestId", int)
"""Made by the loop: whom the answer goes to."""


@frozen(kw_only=True)
class Restored:
    """What the store held. The first event."""

    jobs: tuple[Job, ...] = ()
    progress: tuple[Progress, ...] = ()
    runs: tuple[Run, ...] = ()
    doomed: tuple[Doomed, ...] = ()


@frozen
class Tick:
    """The machine's deadline has come, or it is worth a look."""


@frozen
class Subscribed:
    """A master leads and knows us."""


@frozen
class Disconnected:
    """Offers are void; nothing can be sent."""


@frozen
class OffersReceived:
    """Offers to use or decline."""

    offers: tuple[Offer, ...]


@frozen
class OfferRescinded:
    """An offer is void; a launch on it comes back as lost."""

    offer_id: OfferId


@frozen
class StatusReceived:
    """A task's latest, to be stored before it is acknowledged."""

    status: TaskStatus


@frozen(kw_only=True)
class LaunchFailed:
    """An ACCEPT was not taken. ``is_certain``: it had no effect; else that is open, and the master is asked."""

    task_ids: tuple[TaskId, ...]
    why: str
    is_certain: bool


@frozen(kw_only=True)
class PutJob:
    """Create or replace a job."""

    request_id: RequestId
    job: Job
    only_new: bool = False


@frozen(kw_only=True)
class RemoveJob:
    """Remove a job with its history, and end what runs of it."""

    request_id: RequestId
    name: JobName


@frozen(kw_only=True)
class PauseJob:
    """Pause a job, or let it go on."""

    request_id: RequestId
    name: JobName
    enabled: bool


@frozen(kw_only=True)
class RunNow:
    """A run by hand."""

    request_id: RequestId
    name: JobName
    arguments: tuple[str, ...] | None = None


@frozen(kw_only=True)
class KillRuns:
    """End one run, or all of a job's that are not over."""

    request_id: RequestId
    name: JobName
    run: RunId | None = None


@frozen(kw_only=True)
class MarkSucceeded:
    """Take it that the job has succeeded."""

    request_id: RequestId
    name: JobName


Request = PutJob | RemoveJob | PauseJob | RunNow | KillRuns | MarkSucceeded
Event = (
    Restored
    | Tick
    | Subscribed
    | Disconnected
    | OffersReceived
    | OfferRescinded
    | StatusReceived
    | LaunchFailed
    | Request
)
