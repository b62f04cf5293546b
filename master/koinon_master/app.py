"""Builds a master from its flags: server, election, registrar and loop, in the order in which they need each other."""

from __future__ import annotations

import asyncio
import random
import uuid
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from koinon_core.agents import MasterInfo
from koinon_daemon.clock import SystemClock
from koinon_daemon.flag_values import HostPort
from koinon_daemon.listen import Listen
from koinon_daemon.metrics import Metrics
from koinon_daemon.own_address import find_reachable_ip
from koinon_daemon.server import HttpServer
from koinon_daemon.supervision import Stop, Supervisor
from koinon_zk import CorruptRecord, Fenced, MemoryStore, Quorum, QuorumUrl, Store, StoreUnavailable, connect

from .allocator.plugins import make_allocator
from .config import MasterConfig
from .election import contend, detect
from .errors import RegistryUnreadable, WorkDirUnusable
from .events import RegistryRecovered
from .gauges import show_loop
from .http.application import make_master_application
from .http.files import attach_log
from .http.monitoring import add_process_metrics
from .http.office import Office
from .identity import leader_address, make_master_info
from .loop import MasterLoop
from .master import Master
from .registry.registrar import Registrar, RegistryPatience
from .ui.source import ClusterSource
from .ui.usage import POINT_SECONDS
from .whitelist import watch_whitelist

REGISTRY_FILE = "registry.db"
ALONE_PATH = "/koinon"
REGISTRY_SUFFIX = "-registry"
"""The registry stands beside the election's path, never beneath it: some detectors take any child for a master."""

_logger = structlog.get_logger(__name__)


class MasterApp:
    """One master in this process. ``run`` serves until the stop is requested."""

    def __init__(self, config: MasterConfig, stop: Stop) -> None:
        self._config = config
        self._stop = stop
        self._allocator = make_allocator(config, random.Random())
        self._clock = SystemClock()
        self._tasks = Supervisor(stop)
        self._leading = asyncio.Event()
        self.office = Office(config=config, metrics=Metrics(), start_time=self._clock.now())
        listen = Listen(
            host=config.ip,
            port=config.port,
            is_insecure=config.insecure,
            is_authenticated=not config.open_doors,
            open_doors=config.open_doors,
        )
        self.server = HttpServer(make_master_application(self.office), listen)
        attach_log(self.office.files, config)
        add_process_metrics(self.office, self._clock)

    async def run(self) -> None:
        """Serve. Raises LeadershipLost, ListenError and whatever else must end the daemon with its exit code."""
        async with AsyncExitStack() as stack:
            address = await self.server.start()
            stack.push_async_callback(self.server.stop)
            info = self._introduce(address)
            url = self._find_quorum()
            quorum = None if url is None else await connect(url, self._config.zk_session_timeout)
            if quorum is not None:
                stack.push_async_callback(quorum.close)
            # Begun after the quorum, ended before it: a campaign that is cancelled withdraws, one cut off is lost.
            await stack.enter_async_context(self._tasks)
            await self._begin(info, quorum)
            await self._stop.wait()
            if self.office.loop is not None:
                self.office.loop.close("the master is stopping")

    async def wait_leading(self) -> None:
        """Wait until this master leads and has its registry back."""
        await self._leading.wait()

    def _introduce(self, address: HostPort) -> MasterInfo:
        config = self._config
        ip = config.advertise_ip or find_reachable_ip(address.host)
        reached_at = HostPort(ip, config.advertise_port or address.port)
        return make_master_info(str(uuid.uuid4()), reached_at, config.hostname or ip, config.domain)

    def _find_quorum(self) -> QuorumUrl | None:
        """Where the election and the registry are: a file of its own for a master that is alone, or nowhere."""
        if self._config.zk is not None:
            return self._config.zk
        if self._config.registry == "in_memory" or self._config.work_dir is None:
            return None
        return QuorumUrl(scheme="sqlite", path=ALONE_PATH, file=_make_file(self._config.work_dir))

    async def _begin(self, info: MasterInfo, quorum: Quorum | None) -> None:
        """Stand for election; without ``--zk`` there is nobody to ask, so lead at once."""
        is_stored = self._config.registry != "in_memory"
        path = ALONE_PATH if self._config.zk is None else self._config.zk.path
        store: Store = quorum.store(path + REGISTRY_SUFFIX) if quorum is not None and is_stored else MemoryStore()
        if self._config.zk is None or quorum is None:
            await self._lead_alone(info, store)
            return

        def lead(epoch: int) -> None:
            self._tasks.start("leader", self._lead(epoch, info, store))

        self._tasks.start("detector", detect(quorum.detector(), self.office))
        self._tasks.start("contender", contend(quorum.contender(), info, self.office, lead))

    async def _lead_alone(self, info: MasterInfo, store: Store) -> None:
        """Lead above every epoch that was here before."""
        self.office.note_leader(leader_address(info))
        epoch = int(self._clock.now() * 1000)
        try:
            await store.fence(epoch)
        except Fenced as error:
            epoch = error.newer + 1
        except CorruptRecord as error:
            raise RegistryUnreadable(error.path, error.why) from error
        except StoreUnavailable as error:
            raise WorkDirUnusable(str(self._config.work_dir), str(error)) from error
        self.office.take(epoch)
        await self._lead(epoch, info, store)

    def _session_timeout(self) -> float | None:
        """For how long others wait for a leader that they do not hear; a master that is alone has no others."""
        return None if self._config.zk is None else self._config.zk_session_timeout

    async def _lead(self, epoch: int, info: MasterInfo, store: Store) -> None:
        """Take the registry over, recover from it, and open the doors."""
        patience = RegistryPatience(
            fetch=self._config.registry_fetch_timeout, store=self._config.registry_store_timeout
        )
        registrar = Registrar(store, self.office.metrics, patience)
        loop = MasterLoop(
            Master(info, self._config, self._allocator), self._clock, registrar.submit, self._session_timeout()
        )
        await registrar.take_over(epoch)
        loop.submit(RegistryRecovered(await registrar.fetch()))
        loop.turn()
        if not self.office.is_leading:
            loop.hold()
        show_loop(self.office.metrics, loop)
        self._tasks.start("registrar", registrar.run(loop.stored))
        if self._config.whitelist is not None:
            self._tasks.start("whitelist", watch_whitelist(self._config.whitelist, loop.submit))
        self._tasks.start("loop", loop.run())
        self.office.elected_time, self.office.loop = self._clock.now(), loop
        self.office.source = ClusterSource(loop, self.office.elected_time)
        self._tasks.start("usage", _take_points(self.office.source))
        self._leading.set()
        _logger.info("leading", id=info.id, epoch=epoch, address=str(leader_address(info)))


async def _take_points(source: ClusterSource) -> None:
    """Remember how much is used, for as long as this master leads."""
    while True:
        source.take_point()
        await asyncio.sleep(POINT_SECONDS)


def _make_file(work_dir: Path) -> Path:
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkDirUnusable(str(work_dir), error.strerror or str(error)) from error
    return work_dir.absolute() / REGISTRY_FILE
