"""The loop: it sleeps until something is due, holds still when told to, and survives what must not be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from fakes.master_bench import make_framework
from koinon_core.agent_link import LINK_VERSION, Register
from koinon_core.agents import AgentInfo
from koinon_core.ids import StreamId
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import EventBody, Heartbeat, Offers, Subscribed
from koinon_daemon.flag_values import HostPort
from koinon_master.config import MasterConfig
from koinon_master.errors import LeadershipLost
from koinon_master.events import LinkId, RegisterReceived, StreamClosed, SubscribeReceived
from koinon_master.identity import make_master_info
from koinon_master.loop import BATCH_SECONDS, MasterLoop
from koinon_master.master import Master
from koinon_master.registry.records import RegistryOperation


class _Clock:
    """Stands still until it is turned; the wall clock may jump on its own."""

    def __init__(self) -> None:
        self.wall = 1000.0
        self.steady = 5.0

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.steady


class _Stream:
    """Remembers what it was sent."""

    def __init__(self) -> None:
        self.events: list[EventBody] = []

    def send(self, event: EventBody) -> None:
        self.events.append(event)

    def when_drained(self, then: Callable[[], None]) -> None:
        then()

    def finish(self, reason: str) -> None:
        self.events.clear()


def _make() -> tuple[MasterLoop, _Clock, _Stream, list[RegistryOperation]]:
    clock, stream = _Clock(), _Stream()
    operations: list[RegistryOperation] = []
    master = Master(make_master_info("m", HostPort("127.0.0.1", 1), "m"), MasterConfig(registry="in_memory"))
    loop = MasterLoop(master, clock, operations.append)
    loop.streams[StreamId("s")] = stream
    return loop, clock, stream, operations


SUBSCRIBE = SubscribeReceived(stream_id=StreamId("s"), framework_info=make_framework(failover_timeout=60))


def test_turn_carries_out_what_comes_of_an_event() -> None:
    """The stream hears SUBSCRIBED and a heartbeat."""
    loop, _, stream, _ = _make()

    loop.submit(SUBSCRIBE)
    loop.turn()

    assert [Subscribed, Heartbeat] == [type(event) for event in stream.events]


def test_time_of_the_rules_does_not_follow_a_wall_clock_that_jumps() -> None:
    """An hour forward on the wall wakes nobody; fifteen steady seconds do."""
    loop, clock, stream, _ = _make()
    loop.submit(SUBSCRIBE)
    loop.turn()

    clock.wall += 3600
    loop.turn()
    heard = len(stream.events)
    clock.steady += 15
    loop.turn()

    assert (2, 3) == (heard, len(stream.events))


def test_what_comes_free_is_offered_at_once_and_what_follows_soon_is_gathered() -> None:
    """A lone agent waits for nothing; those that come within the next milliseconds are offered together."""
    loop, clock, stream, operations = _make()
    loop.submit(SUBSCRIBE)
    loop.turn()
    clock.steady += 1

    offered = []
    for number, seconds in enumerate((0.0, BATCH_SECONDS / 4, BATCH_SECONDS / 4, BATCH_SECONDS)):
        clock.steady += seconds
        register = Register(version=LINK_VERSION, agent_info=_agent(number), ip="10.0.0.1", agent_version="1.11.0")
        loop.submit(RegisterReceived(link_id=LinkId(number + 1), register=register))
        loop.turn()
        loop.stored(operations[-1])
        loop.turn()
        offered.append([len(event.offers) for event in stream.events if isinstance(event, Offers)])

    assert [[1], [1], [1], [1, 2]] == offered


def _agent(number: int) -> AgentInfo:
    return AgentInfo(hostname=f"h{number}", port=5051 + number, resources=parse_resources("cpus:1;mem:64"))


async def test_held_loop_acts_on_nothing_until_it_may() -> None:
    """Between ``hold`` and ``resume`` events wait, and nothing is sent."""
    loop, _, stream, _ = _make()
    running = asyncio.create_task(loop.run())
    loop.hold()
    loop.submit(SUBSCRIBE)
    for _ in range(5):
        await asyncio.sleep(0)
    silent, waiting = stream.events[:], loop.queued
    loop.resume()
    for _ in range(5):
        await asyncio.sleep(0)
    running.cancel()

    assert ([], 1) == (silent, waiting)
    assert 2 == len(stream.events)


class _StoppingClock(_Clock):
    """A clock of a process that is stopped each time it sleeps: nobody sees the time pass."""

    def monotonic(self) -> float:
        self.steady += 3.0
        return self.steady


@pytest.mark.parametrize(("session_timeout", "is_lost"), [(2.0, True), (None, False)])
async def test_leader_that_stood_still_for_longer_than_its_session_acts_no_more(
    session_timeout: float | None, is_lost: bool
) -> None:
    """Another one may lead since: what waits is not handled. A master that is alone has nobody to fear."""
    stream = _Stream()
    master = Master(make_master_info("m", HostPort("127.0.0.1", 5050), "m1"), MasterConfig(registry="in_memory"))
    loop = MasterLoop(master, _StoppingClock(), lambda _: None, session_timeout)
    loop.streams[StreamId("s")] = stream
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0)
    loop.submit(SUBSCRIBE)
    done, _ = await asyncio.wait({running}, timeout=0.05)
    running.cancel()

    assert is_lost is bool(done)
    assert is_lost is not bool(stream.events)
    if is_lost:
        with pytest.raises(LeadershipLost, match=r"stood still for 3\.0 seconds"):
            await running


def test_stream_that_ends_twice_is_no_matter() -> None:
    """A second end of a stream changes nothing."""
    loop, _, _, _ = _make()
    loop.submit(SUBSCRIBE)
    loop.submit(StreamClosed(StreamId("s")))
    loop.submit(StreamClosed(StreamId("s")))

    loop.turn()

    assert ["m-0000"] == list(loop.master.state.frameworks)
