"""Builds a Marathon and runs it to its end: HTTP, election, term. The only file that knows all the others.

A term begins when the election is won: shut out whoever led before, read the store, let the machine have it, then
subscribe with the framework id that was stored. There is one term in a life; whoever loses it ends (exit code 103).
"""

import asyncio
import getpass
import itertools
import socket
import uuid
from collections import Counter
from contextlib import AsyncExitStack
from functools import partial
from random import Random

import structlog

from koinon_core.backoff import Backoff
from koinon_core.frameworks import FrameworkInfo
from koinon_daemon.client import HttpClient
from koinon_daemon.clock import SystemClock
from koinon_daemon.errors import ExitCode
from koinon_daemon.flag_values import HostPort
from koinon_daemon.supervision import Stop, Supervisor
from koinon_frameworks import Acknowledging, DriverOptions, SchedulerDriver
from koinon_frameworks.election import ELECTION, LEADER_LABEL, STATE, Leadership, Steps, contend, detect
from koinon_frameworks.errors import LeadershipEnded
from koinon_zk import CorruptRecord, Fenced, Quorum, StoreUnavailable, connect

from .config import MarathonConfig
from .errors import BackupFailed, FrameworkIdMissing, StorageTooNew, UnreadableRecord
from .event_stream import EventHub
from .events import Restored
from .framework import Framework, make_framework_info
from .health.prober import Prober
from .http.metrics import read_numbers
from .http.service import Service
from .http.serving import ApiServers
from .loop import Loop, LoopSettings
from .marathon import Marathon
from .metrics.statsd import send_for_ever
from .plugins.loading import load_plugins, make_hooks
from .scheduler import MarathonScheduler, MasterCalls
from .store.repository import Repository
from .ui.source import AppsSource

_RESTORE_BACKOFF = Backoff(initial=0.1, maximum=2.0, jitter=0.3)
_logger = structlog.get_logger(__name__)


class MarathonApp:
    """One Marathon in this process. `run` serves until the stop is requested."""

    def __init__(self, config: MarathonConfig, stop: Stop) -> None:
        self._config = config
        self._stop = stop
        self._clock = SystemClock()
        self._rng = Random()
        self._tasks = Supervisor(stop)
        self._prober: Prober | None = None
        port = config.https_port if config.disable_http else config.http_port
        me = HostPort(config.advertised_host(socket.gethostname()), port)
        self.service = Service(
            config=config,
            leadership=Leadership(me=me, scheme=config.scheme),
            stop=stop,
            started_at=self._clock.now(),
            settings=config.settings(),
            plugins=load_plugins(config.plugins, config.plugin_dir),
        )

    async def run(self) -> None:
        """Serve. Raises ListenError, or what ends a task with its exit code."""
        config = self._config
        async with AsyncExitStack() as stack:
            client = HttpClient(self._rng, config.leader_proxy_max_open_connections)
            servers = ApiServers(self.service, await stack.enter_async_context(client))
            stack.push_async_callback(servers.stop)
            await servers.start()
            quorum = await connect(
                config.zk.with_path(f"{config.zk.path}/{ELECTION}"), config.zk_session_timeout / 1000
            )
            stack.push_async_callback(quorum.close)
            stack.callback(self._abandon_requests)
            await stack.enter_async_context(self._tasks)
            self._begin_election(quorum)
            await self._stop.wait()
            self.service.leadership.is_ready = False
            await servers.end_streams()

    def _abandon_requests(self) -> None:
        """Hold up neither our end nor those who wait for what our loop will not decide any more."""
        if self.service.term is not None:
            self.service.term.abandon()

    def _begin_election(self, quorum: Quorum) -> None:
        leadership = self.service.leadership
        repository = Repository(quorum.store(f"{self._config.zk.path}/{STATE}"))
        steps = Steps(lead=lambda epoch: self._tasks.start("term", self._lead(epoch, repository)), act=self._let_act)
        self._tasks.start("detector", detect(quorum.detector(LEADER_LABEL), leadership))
        self._tasks.start("contender", contend(quorum.contender(LEADER_LABEL), leadership, steps))

    def _let_act(self, is_certain: bool) -> None:
        """Let the loop of the term go on, or hold still while somebody else may have been elected."""
        loop, prober = self.service.term, self._prober
        if loop is None or prober is None:
            return
        if is_certain:
            loop.may_act.set()
            prober.resume()
        else:
            _logger.warning("leadership_suspended")
            loop.may_act.clear()
            prober.suspend()

    async def _lead(self, epoch: int, repository: Repository) -> None:
        """Begin the term. Raises LeadershipEnded where that can't be."""
        _logger.info("elected", epoch=epoch, address=str(self.service.leadership.me))
        try:
            restored = await self._restore(epoch, repository)
            outstanding = self._config.event_stream_max_outstanding_messages
            self.service.hub = EventHub(epoch, outstanding=outstanding)
            self._begin_term(restored, repository)
        except Fenced as error:
            raise LeadershipEnded(str(error)) from error
        except FrameworkIdMissing as error:
            raise LeadershipEnded(str(error), ExitCode.FRAMEWORK_ID_MISSING) from error
        except (BackupFailed, CorruptRecord, UnreadableRecord, StorageTooNew) as error:
            raise LeadershipEnded(str(error), ExitCode.FAILURE) from error

    async def _restore(self, epoch: int, repository: Repository) -> Restored:
        """Everything stored, however long the store is away."""
        for attempt in itertools.count():
            try:
                await repository.take_over(epoch)
                await repository.run_errands(self._config.backup_location)
                return await repository.restore()
            except StoreUnavailable as error:
                _logger.warning("store_unavailable", error=str(error), attempt=attempt)
                await asyncio.sleep(_RESTORE_BACKOFF.delay(attempt, self._rng))
        raise AssertionError("counting never ends")

    def _begin_term(self, restored: Restored, repository: Repository) -> None:
        config, leadership = self._config, self.service.leadership
        counts: Counter[str] = Counter()
        settings = LoopSettings(
            clock=self._clock,
            rng=self._rng,
            max_requests=config.max_queued_root_group_updates,
            counts=counts,
            publish=self.service.events.publish,
        )
        loop = Loop(Marathon(config.options(), self._rng, make_hooks(self.service.plugins)), repository, settings)
        scheduler = MarathonScheduler(loop.put, counts)

        def make_driver(info: FrameworkInfo) -> SchedulerDriver:
            options = DriverOptions(
                acknowledging=Acknowledging.EXPLICIT, credential=config.credential(), may_subscribe=loop.may_act
            )
            return SchedulerDriver(scheduler, info, config.master, options, self._rng)

        info = make_framework_info(config, leadership, getpass.getuser(), restored)
        framework = Framework(info, make_driver, loop.put)
        calls = MasterCalls(framework, counts)
        self._prober = prober = Prober(config.max_concurrent_marathon_health_checks, loop.put)
        loop.restore(restored, calls.put, prober.put)
        self.service.term, self.service.repository = loop, repository
        self.service.framework = framework
        self.service.source = AppsSource(lambda: loop.machine.state, loop.now, uuid.uuid4().hex[:12])
        self._let_act(leadership.is_acting)
        self._tasks.start("calls", calls.run(loop.may_act))
        self._tasks.start("prober", prober.run())
        self._tasks.start("persist", loop.persist())
        self._tasks.start("decide", loop.decide())
        if config.metrics_statsd and config.metrics_statsd_host:
            interval = config.metrics_statsd_transmission_interval_ms / 1000
            read = partial(read_numbers, self.service)
            sending = send_for_ever(config.metrics_statsd_host, config.metrics_statsd_port, interval, read)
            self._tasks.start("statsd", sending)
        self._tasks.start("framework", framework.run())
        leadership.since, leadership.is_ready = self._clock.now(), True
