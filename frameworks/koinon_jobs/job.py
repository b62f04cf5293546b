"""What a job is: what to run, when, where, and what to do when that can't be. Values alone; ``validation`` checks them.

When: ``schedule``; ``enabled`` False pauses it: times that pass meanwhile are not made up for. Manual runs go on.
What: ``command`` is run by ``/bin/sh -c``, or as a program when ``shell`` is False, ``arguments`` then being the whole
    argv; ``container`` says in what (None: a plain process), ``uris`` what is fetched first, ``user`` as whom.
Where: ``cpus`` and so on are what each run takes, ``constraints`` those of Marathon's apps, judged over the agents on
    which runs of this job live already; ``role`` whose offers are used (None: the framework's first).
Late: ``start_window`` and ``missed``. Again: ``retries``, ``retry_backoff``. At the same time: ``overlap``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen

from koinon_core.backoff import Backoff
from koinon_core.containers import CommandUri, ContainerInfo
from koinon_frameworks.matching import Constraint

from .schedule import JobName, Schedule

DEFAULT_HISTORY = 50
DEFAULT_BACKOFF = Backoff(initial=60.0, maximum=3600.0, factor=1.0)


class Overlap(Enum):
    """What becomes of a run that is due while another of the same job is not over."""

    ALLOW = "ALLOW"
    """Both run."""
    SKIP = "SKIP"
    """The new one does not: Kubernetes calls it Forbid."""
    REPLACE = "REPLACE"
    """The old one is killed; the new one starts when it is gone."""
    QUEUE = "QUEUE"
    """The new one starts when the old one is over. One may wait; a further one is skipped."""


class Missed(Enum):
    """What becomes of times that nobody saw in time, as the scheduler was down.

    A time was seen in time if its ``start_window`` is still open; without a window, if no later one is due yet.
    """

    SKIP = "SKIP"
    """They are not run."""
    ONCE = "ONCE"
    """The latest one is run, the others are not."""
    ALL = "ALL"
    """The latest ``catch_up`` are run, one after the other from the oldest unless ``overlap`` is ALLOW.

    However late that is: no run of such a job ends because its window closed."""


@frozen(kw_only=True)
class Job:
    """One definition. Times are seconds, ``mem`` and ``disk`` MB."""

    name: JobName
    schedule: Schedule
    command: str | None = None
    shell: bool = True
    arguments: tuple[str, ...] = ()
    container: ContainerInfo | None = None
    environment: Mapping[str, str] = field(factory=dict)
    uris: tuple[CommandUri, ...] = ()
    user: str | None = None
    """None: the framework's user."""
    cpus: float = 0.1
    mem: float = 128.0
    disk: float = 0.0
    gpus: float = 0.0
    constraints: tuple[Constraint, ...] = ()
    role: str | None = None
    labels: Mapping[str, str] = field(factory=dict)
    retries: int = 0
    """How often an attempt that failed is followed by another. 0: the command is never started twice for one run.

    An attempt whose command certainly never started is repeated in any case and not counted."""
    retry_backoff: Backoff = DEFAULT_BACKOFF
    """Before each retry; no jitter, so that it can be told in advance."""
    start_window: float | None = None
    """How late a run may start, from its time on; later it is MISSED. None: whenever there is room. Chronos: epsilon.
    """
    max_run_time: float | None = None
    """After which an attempt is ended, as failed. None: never."""
    overlap: Overlap = Overlap.SKIP
    missed: Missed = Missed.ONCE
    catch_up: int = 10
    """At most so many of the missed times are run under ``Missed.ALL``."""
    soft_error: bool = False
    """Whether a run that failed for good counts as a success for the jobs after it, as in Chronos."""
    enabled: bool = True
    owner: str = ""
    owner_name: str = ""
    description: str = ""
    max_history: int = DEFAULT_HISTORY
    """How many runs that are over are kept."""
