"""Builds the outer process around one plugin and runs it to its end: HTTP, loading, election, watching.

The plugin is loaded first, in its own process; only then is it known whether it wants an election. There is one term in
a life: whoever loses it ends (exit code 103), so that whoever supervises starts anew.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from random import Random

import structlog
from attrs import frozen

from koinon_daemon.client import HttpClient
from koinon_daemon.clock import SystemClock
from koinon_daemon.connections import find_connection_limit
from koinon_daemon.errors import ExitCode
from koinon_daemon.flag_values import HostPort
from koinon_daemon.listen import is_loopback
from koinon_daemon.own_address import find_reachable_ip
from koinon_daemon.server import HttpServer
from koinon_daemon.state_dir import state_dir
from koinon_daemon.supervision import Stop, Supervisor
from koinon_zk import Contender, Quorum, QuorumRefused, connect

from ..election import ELECTION, LEADER_LABEL, Leadership, Steps, contend, detect
from ..errors import LeadershipEnded
from .config import HostConfig
from .epochs import draw_term
from .fare import Fare
from .http.host_application import HostApplication
from .loop import HostLoop
from .output_bound import OutputBound
from .restarts import RestartPolicy
from .watch_events import HostEvent, LeadershipResumed, LeadershipSuspended, MayAct, StopRequested
from .watch_machine import Patience, Phase, WatchMachine

_logger = structlog.get_logger(__name__)


@frozen
class CommandWords:
    """What was said: NAME, and the words behind it as they came."""

    name: str
    words: Sequence[str]


class HostApp:
    """One hosted framework in this process. ``run`` ends when it is over."""

    def __init__(self, said: CommandWords, config: HostConfig, stop: Stop) -> None:
        """``config`` is what of the words is the host's."""
        self._said, self._config, self._stop = said, config, stop
        self._clock = SystemClock()
        machine = WatchMachine(said.name, _patience(config), _policy(config), teardown=config.teardown_on_exit)
        self.fare = Fare(
            name=said.name,
            machine=machine,
            token=secrets.token_urlsafe(24),
            leadership=Leadership(me=HostPort(_advertised(config), config.listen.port)),
            host_pid=os.getpid(),
            started_at=self._clock.now(),
        )
        self._has_led = False

    async def run(self) -> None:
        """Serve, and run the plugin. Raises ListenError, LeadershipEnded; the stop bears the exit code."""
        async with AsyncExitStack() as stack:
            # Each request that is passed on has a connection of its own: streams must not keep the others waiting.
            most = find_connection_limit() // 2
            client = await stack.enter_async_context(HttpClient(Random(), connections=most))
            application = HostApplication(self.fare, client, self._config.http_credentials, self._clock)
            server = HttpServer(application.make(), self._config.listens(), grace=2.0, connection_limit=most)
            stack.push_async_callback(server.stop)
            address = await server.start()
            leadership = self.fare.leadership
            leadership.me = HostPort(leadership.me.host, address.port)
            url = f"{leadership.origin}/{self._said.name}"
            loop = HostLoop(self.fare, self._said.words, OutputBound(self._config.log_lines_per_second), url)
            # Entered before the tasks, so closed after them: a quorum that goes first looks like an election lost.
            quorums = await stack.enter_async_context(AsyncExitStack())
            tasks = await stack.enter_async_context(Supervisor(self._stop))
            tasks.start("stop", self._relay_stop(loop))
            tasks.start("acting", self._come_to_act(loop, tasks, quorums))
            concluded = await loop.run()
            _logger.info("framework_over", framework=self._said.name, reason=concluded.why)
            self._stop.request(concluded.why, concluded.code)

    async def _relay_stop(self, loop: HostLoop) -> None:
        await self._stop.wait()
        if self.fare.machine.phase is not Phase.OVER:
            loop.put(StopRequested(is_orderly=self._stop.code is not ExitCode.LOST_LEADERSHIP))

    async def _come_to_act(self, loop: HostLoop, tasks: Supervisor, quorums: AsyncExitStack) -> None:
        """Once the plugin is loaded: by election where it asks for one, else at once."""
        await loop.loaded.wait()
        config, loaded = self._config, self.fare.loaded
        home = config.home(self._said.name, state_dir(os.environ))
        if home.file is not None:
            home.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        quorum = await connect(home.with_path(f"{home.path}/{ELECTION}"), config.zk_session_timeout)
        quorums.push_async_callback(quorum.close)
        _logger.info("records", framework=self._said.name, store=str(home))
        if loaded is not None and loaded.is_elected:
            self._stand(loop, tasks, quorum)
            return
        try:
            term = await draw_term(quorum)
        except QuorumRefused as error:
            raise LeadershipEnded(str(error), ExitCode.ZOOKEEPER_UNREACHABLE) from error
        self.fare.leadership.is_acting = True
        loop.put(MayAct(term))

    def _stand(self, loop: HostLoop, tasks: Supervisor, quorum: Quorum) -> None:
        leadership = self.fare.leadership

        def lead(term: int) -> None:
            _logger.info("elected", framework=self._said.name, term=term, address=str(leadership.me))
            self._has_led = True
            loop.put(MayAct(term))

        def act(is_certain: bool) -> None:
            if self._has_led:
                loop.put(LeadershipResumed() if is_certain else LeadershipSuspended())

        tasks.start("detector", detect(quorum.detector(LEADER_LABEL), leadership))
        contender, steps = quorum.contender(LEADER_LABEL), Steps(lead=lead, act=act)
        tasks.start("contender", self.campaign(loop.put, contender, steps))

    async def campaign(self, put: Callable[[HostEvent], None], contender: Contender, steps: Steps) -> None:
        """Stand for election. Raises LeadershipEnded, but where the host ends anyway: that is no failure then."""
        try:
            await contend(contender, self.fare.leadership, steps)
        except LeadershipEnded as error:
            if not self._stop.is_requested:
                raise
            _logger.info("leadership_ended_while_stopping", framework=self._said.name, reason=str(error))
            # Somebody else may lead now: what is still there of the plugin does nothing more.
            put(StopRequested(is_orderly=False))


def _patience(config: HostConfig) -> Patience:
    return Patience(
        load=config.load_timeout, blocked=config.blocked_after, killed=config.killed_after, stop=config.stop_timeout
    )


def _policy(config: HostConfig) -> RestartPolicy:
    return RestartPolicy(max_failures=config.max_failures, stable_after=config.stable_after)


def _advertised(config: HostConfig) -> str:
    """The name that others reach this host by."""
    host = config.listen.host
    if config.hostname:
        return config.hostname
    if is_loopback(host):
        return host
    try:
        return find_reachable_ip(host)
    except ValueError:
        return host
