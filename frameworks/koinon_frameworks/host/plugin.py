"""What a package puts behind an entry point of group ``koinon.frameworks``: values and one class, nothing that runs.

The entry point names a subclass of ``FrameworkPlugin``. The host parses the command line into its ``options_type``,
wins the election where the plugin asks for one, opens the store under the epoch of that victory, calls ``start`` and
runs the ``Framework`` that comes back. Finding plugins is ``plugins``'s, running them ``hosting``'s.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from attrs import field, frozen
from structlog.stdlib import BoundLogger

from koinon_core.clock import Clock
from koinon_core.frameworks import FrameworkInfo
from koinon_daemon.metrics import Metrics
from koinon_zk import Store

from ..driver import DriverOptions
from ..scheduler import Scheduler

if TYPE_CHECKING:
    # A plugin without HTTP of its own, and a test without the host, need no server.
    from aiohttp import web

OptionsT = TypeVar("OptionsT")
Work = Callable[[], Awaitable[None]]
"""Runs beside the driver until it is cancelled; when it raises, so has the plugin."""


@frozen(kw_only=True)
class Services:
    """What the host gives a plugin. All of it bears the plugin's name: its log lines, its metrics, its records."""

    name: str
    master: str
    clock: Clock
    rng: Random
    store: Store
    """Records of this framework alone, fenced under ``epoch``: whoever ran before can't write any more."""
    epoch: int
    """Counts the runs that could have written: each new one, on whatever machine, has a higher number."""
    metrics: Metrics
    logger: BoundLogger
    url: str
    """Where people find the plugin's routes and page, without a slash at the end."""


@frozen(kw_only=True)
class Framework:
    """A framework ready to run."""

    info: FrameworkInfo
    """Who it says it is. Its id is the host's affair: the stored one is put in."""
    scheduler: Scheduler
    driver_options: DriverOptions = field(factory=DriverOptions)
    routes: Sequence[web.RouteDef] = ()
    """HTTP, mounted below the plugin's name: ``web.get("/jobs", ...)`` of ``cron`` answers at ``/cron/jobs``."""
    root_routes: Sequence[web.RouteDef] = ()
    """HTTP mounted at the root as well, for clients whose paths are fixed. What the host itself answers stays its own:
    a route that is taken is left out and logged."""
    page: str | None = None
    """The HTML of its page at ``/NAME/``; None: the host's own, which shows state, metrics and routes."""
    work: tuple[Work, ...] = ()


@frozen(kw_only=True)
class NoOptions:
    """The options of a plugin that has none."""


class FrameworkPlugin(ABC, Generic[OptionsT]):
    """Makes a framework of options. The first line of the subclass's docstring is its help."""

    options_type: ClassVar[type[Any]] = NoOptions
    """An ``attrs.frozen(kw_only=True)`` class of ``koinon_daemon.flags.flag`` fields: parsed, checked and shown by
    ``koinon-framework NAME --help``. A method ``problems`` checks what lies across fields."""
    is_elected: ClassVar[bool] = False
    """Whether several may be started, of which one runs and the others stand by and pass HTTP on to it."""

    @abstractmethod
    async def start(self, options: OptionsT, services: Services) -> Framework:
        """Read what was stored, make the scheduler. Whatever this raises ends this attempt; the host tries again."""
