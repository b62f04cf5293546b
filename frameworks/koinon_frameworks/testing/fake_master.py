"""A master for the tests of schedulers: no cluster, no waiting, one scheduler under the real driver.

    def test_all_ten_finish(koinon_master):
        koinon_master.add_agent("cpus:1;mem:512")
        koinon_master.script("hello", finishes(after=2))
        koinon_master.run(TenTasks())

        koinon_master.assert_launched("hello", times=10)

Each method lets virtual time run only as far as it says. Between two of them the world stands still, so that a test
is a plain function, with no loop of its own. What may happen is ``fake_machine``'s, what can be asked
``expectations``'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import field, frozen

from koinon_core.attributes import parse_attributes
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, ExecutorId, OfferId, make_agent_id
from koinon_core.offers import Offer
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import EventBody, Message
from koinon_core.tasks import TaskState
from koinon_zk import MemoryRecords

from ..driver import DriverOptions, Ending
from ..scheduler import Scheduler
from .expectations import Expectations
from .fake_machine import FakeMasterMachine
from .plots import Beat, Plot
from .rehearsal import FakeMasterLoop, RehearsedDriver, Running
from .virtual_time import VirtualTimeLoop
from .world import FakeAgent, FakeMasterError

if TYPE_CHECKING:
    from ..host.plugin import FrameworkPlugin
    from .asking import Answer
    from .plugin_rehearsal import RunningPlugin

T = TypeVar("T")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
INFO = FrameworkInfo(user="root", name="under test", failover_timeout=7 * 86400.0)
_INSTANT = 1e-6


@frozen
class VirtualClock:
    """What the fake master's world shows: see ``koinon_core.clock.Clock``."""

    loop: asyncio.AbstractEventLoop
    epoch: float = field()

    def now(self) -> float:
        """Seconds since 1970."""
        return self.epoch + self.loop.time()

    def monotonic(self) -> float:
        """Virtual seconds since the test began."""
        return self.loop.time()


class FakeMaster(Expectations):
    """See the module. ``with FakeMaster() as master``; the fixture ``koinon_master`` is one."""

    def __init__(
        self,
        *,
        offers_by_hand: bool = False,
        beginning: datetime = BEGINNING,
        seed: int = 0,
        limit: float = 7 * 86400.0,
    ) -> None:
        """``beginning``: the date of virtual time 0. ``limit``: virtual seconds that a test may take."""
        self._loop = VirtualTimeLoop(limit)
        self._runner = asyncio.Runner(loop_factory=lambda: self._loop)
        self._rng = Random(seed)
        self._machine = FakeMasterMachine(self._rng)
        self._machine.offers.is_automatic = not offers_by_hand
        self._machine.world.epoch = beginning.timestamp()
        self.running: list[Running] = []
        """Every scheduler that was started."""
        self._starts = 0
        self.clock = VirtualClock(self._loop, beginning.timestamp())
        self.records = MemoryRecords()
        """What plugins store; survives their restart."""
        super().__init__(FakeMasterLoop(self._machine))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End whatever still runs."""
        for running in self.running:
            running.cancel()
        self._runner.close()

    # Time

    @property
    def now(self) -> float:
        """Virtual seconds since the test began."""
        return self._loop.time()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine beside the scheduler to its end: ``master.wait(scheduler.submit(job))``."""
        if _is_in_loop():
            work.close()
            why = "a fake master runs a loop of its own: make the test a plain def, and await by master.wait(...)"
            raise FakeMasterError(why)
        result = self._runner.run(self._beside(work))
        for running in self.running:
            running.raise_failure()
        return result

    async def _beside(self, work: Coroutine[Any, Any, T]) -> T:
        result = await work
        await asyncio.sleep(_INSTANT)
        return result

    def advance(self, seconds: float = 0.0) -> None:
        """Let so much time pass, with all that happens in it. Raises what the scheduler raises."""
        self.wait(asyncio.sleep(seconds))

    def wait_until(self, condition: Callable[[], object], within: float = 3600.0) -> None:
        """Let time pass until something is so. Raises AssertionError with the story after ``within`` seconds."""
        __tracebackhide__ = True
        if not self.wait(self._wait_until(condition, within)):
            self._fail(f"it did not become so within {within:g} virtual seconds")

    async def _wait_until(self, condition: Callable[[], object], within: float) -> bool:
        deadline = self.now + within
        while not condition():
            if self.now >= deadline or (self.running and all(running.is_over for running in self.running)):
                await asyncio.sleep(_INSTANT)
                return bool(condition())
            self._master.pulse.clear()
            try:
                async with asyncio.timeout(min(1.0, deadline - self.now)):
                    await self._master.pulse.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(_INSTANT)
        return True

    # Schedulers

    def start(self, scheduler: Scheduler, info: FrameworkInfo = INFO, options: DriverOptions | None = None) -> Running:
        """Have a scheduler subscribe, under the real driver, and let it settle."""
        return self.wait(self._start(scheduler, info, options or DriverOptions()))

    async def _start(self, scheduler: Scheduler, info: FrameworkInfo, options: DriverOptions) -> Running:
        driver = RehearsedDriver(scheduler, info, self._master, options, self._rng)
        task = asyncio.create_task(driver.run(), name="driver")
        running = Running(scheduler=scheduler, driver=driver, task=task)
        self.running.append(running)
        return running

    def start_plugin(self, plugin: FrameworkPlugin[Any], options: Any = None, name: str = "plugin") -> RunningPlugin:
        """Have a plugin's framework subscribe, as the host would run it, but for its HTTP.

        ``options`` is a value of its ``options_type``. What it stores is in ``records``, and the next start finds it.
        """
        return self.wait(self._start_plugin(plugin, plugin.options_type() if options is None else options, name))

    async def _start_plugin(self, plugin: FrameworkPlugin[Any], options: Any, name: str) -> RunningPlugin:
        # Not before it is needed: the host brings an HTTP server along.
        from .plugin_rehearsal import make_services, start_plugin  # noqa: PLC0415

        self._starts += 1
        services = await make_services(name, self.records, self._starts, self.clock, self._rng)
        running = await start_plugin(plugin, options, services, self._master)
        self.running.append(running)
        return running

    def ask(self, running: RunningPlugin, method: str, path: str, json: Any = None) -> Answer:
        """One HTTP request to a plugin's routes or page: ``ask(running, "GET", "/jobs")`` asks for ``/NAME/jobs``."""
        from .asking import ask_plugin  # noqa: PLC0415 - as above

        return self.wait(ask_plugin(running.framework, running.services, method, path, json))

    def run(
        self,
        scheduler: Scheduler,
        info: FrameworkInfo = INFO,
        options: DriverOptions | None = None,
        within: float = 86400.0,
    ) -> Ending:
        """Run a scheduler until it stops. Raises AssertionError with the story after ``within`` virtual seconds."""
        __tracebackhide__ = True
        return self.run_on(self.start(scheduler, info, options), within)

    def run_on(self, running: Running, within: float = 86400.0) -> Ending:
        """Let a scheduler that was started run until it stops."""
        __tracebackhide__ = True
        self.wait(self._wait_until(lambda: running.is_over, within))
        if not running.is_over:
            self._fail(f"the scheduler did not stop within {within:g} virtual seconds")
        return running.ending

    def stop(self, running: Running, *, teardown: bool = False) -> Ending:
        """Have a scheduler end in good order."""
        self.wait(running.driver.stop(teardown=teardown))
        return self.run_on(running)

    def kill(self, running: Running) -> None:
        """End a scheduler without a word, as ``kill -9`` does; its framework lives on for its failover timeout."""
        running.cancel()
        self.advance()

    # Agents and tasks

    def add_agent(
        self,
        resources: str = "cpus:4;mem:4096;disk:10000;ports:[31000-31099]",
        attributes: str = "",
        hostname: str = "",
    ) -> AgentId:
        """An agent registers; both texts are as ``koinon-agent`` takes them."""
        number = self._machine.world.next_number("agent")
        agent = FakeAgent(
            id=make_agent_id("fake", number),
            hostname=hostname or f"host-{number}",
            resources=parse_resources(resources),
            attributes=parse_attributes(attributes),
        )
        self._happen(lambda now: self._machine.add_agent(agent, now))
        return agent.id

    def script(self, pattern: str, *plots: Plot) -> None:
        """What becomes of tasks by name or id: the first launch has the first plot, the last is that of all others."""
        if not plots:
            raise FakeMasterError(f"a script of {pattern!r} needs a plot: runs(), finishes(), fails(), ...")
        self._machine.lives.plots.pop(pattern, None)
        self._machine.lives.plots[pattern] = plots

    def update(self, task_id: str, state: str, message: str | None = None, *, healthy: bool | None = None) -> None:
        """The agent reports this of a task now, whatever its script says."""
        task, found = self.task(task_id), TaskState[f"TASK_{state.removeprefix('TASK_')}"]
        beat = Beat(after=0.0, state=found, message=message, healthy=healthy)
        self._act(lambda now: self._machine.lives.play(task, beat, now))

    def lose_agent(self, agent_id: AgentId, *, is_gone: bool = False) -> None:
        """An agent becomes unreachable; its tasks run on. ``is_gone``: an operator says it will never be back."""
        agent = self._machine.world.agent(agent_id)
        self._act(lambda now: self._machine.lose_agent(agent, now, is_gone=is_gone))

    def return_agent(self, agent_id: AgentId) -> None:
        """An unreachable agent is back, with its tasks."""
        agent = self._machine.world.agent(agent_id)
        self._act(lambda now: self._machine.return_agent(agent, now))

    def lose_executor(self, agent_id: AgentId, executor_id: str, wait_status: int = 9) -> None:
        """An executor dies, and its tasks with it; the executor of a command task has the task's id."""
        self._machine.world.agent(agent_id)
        self._act(lambda now: self._machine.lives.lose_executor(agent_id, ExecutorId(executor_id), wait_status, now))

    def send_message(self, agent_id: AgentId, executor_id: str, data: bytes) -> None:
        """An executor sends bytes to the scheduler."""
        self.say(Message(agent_id=agent_id, executor_id=ExecutorId(executor_id), data=data))

    # Offers

    def offer(self, agent_id: AgentId, resources: str = "", role: str | None = None) -> Offer:
        """Make an offer by hand: of all that is free on an agent unless ``resources`` are named."""
        wanted = parse_resources(resources) if resources else None
        made: list[Offer] = []
        self._act(lambda _: made.append(self._machine.offer(agent_id, wanted, role)))
        return made[0]

    def rescind(self, offer_id: OfferId) -> None:
        """Take an offer back."""
        self._act(lambda _: self._machine.rescind(offer_id))

    # What goes wrong with the master

    def fail_over(self, away: float = 1.0, agents_return: float = 2.0) -> None:
        """Another master leads after ``away`` seconds; agents are back ``agents_return`` seconds after that."""
        self._master.is_down = True
        self._act(lambda now: self._machine.fail_over(now, away + agents_return))
        self.go_away(away)

    def go_away(self, seconds: float) -> None:
        """No master answers for so long; subscriptions end. The framework's failover timeout begins."""
        self._master.is_down = True
        self._act(lambda _: self._machine.break_stream())
        self.advance(seconds)
        self._master.is_down = False

    def break_stream(self) -> None:
        """The event stream is cut; the driver subscribes again."""
        self._act(lambda _: self._machine.break_stream())

    def fall_silent(self) -> None:
        """Nothing more comes on the present stream, not even heartbeats: a connection that is half open."""
        self._act(lambda _: self._machine.fall_silent())

    def remove_framework(self) -> None:
        """An operator tears the framework down."""
        self._act(lambda _: self._machine.remove_framework())

    def refuse(self, call: str, why: str = "refused by the test", times: int = 1) -> None:
        """The next calls of that name (``"ACCEPT"``) are taken for wrong, and have no effect."""
        self._master.faults.refuse(call, why, times)

    def leave_unanswered(self, call: str, times: int = 1, *, takes_effect: bool = False, delay: float = 10.0) -> None:
        """The next calls of that name get no answer; whether they have an effect is for the test to say."""
        self._master.faults.leave_unanswered(call, times, delay, takes_effect=takes_effect)

    def say(self, event: EventBody) -> None:
        """Say anything on the stream."""
        self._act(lambda _: self._machine.world.tell(event))

    def _act(self, act: Callable[[float], object]) -> None:
        self._happen(lambda now: self._machine.happen(lambda: act(now), now))

    def _happen(self, act: Callable[[float], Any]) -> None:
        async def happen() -> None:
            self._master.happen(act)

        self.wait(happen())


def _is_in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
