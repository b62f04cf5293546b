"""What the master is told of what containers use."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import Random

import pytest

from fakes.agent_bench import AGENT_ID, AgentBench
from koinon_agent.containerizer.usage.sampler import UsageSampler
from koinon_agent.containerizer.usage.watch import watch_usage
from koinon_agent.events import UsageMeasured
from koinon_agent.instructions import Send
from koinon_agent.usage_reports import UsageReports
from koinon_core.agent_link import AgentFrame, MasterFrame, Registered, UsageReport
from koinon_core.errors import DecodeError
from koinon_core.ids import AgentId, ContainerId
from koinon_core.statistics import ResourceStatistics
from koinon_core.wire import refined_json

A, B = ContainerId("a"), ContainerId("b")


def sample(at: float, cpu: float, mem: int = 0, total: int | None = None) -> ResourceStatistics:
    """One with so many seconds of processors, half of them the kernel's, and so many MiB."""
    return ResourceStatistics(
        timestamp=at,
        cpus_user_time_secs=cpu / 2,
        cpus_system_time_secs=cpu / 2,
        mem_rss_bytes=None if total is not None else mem * 1024 * 1024,
        mem_total_bytes=None if total is None else total * 1024 * 1024,
    )


def told(*measurements: Mapping[ContainerId, ResourceStatistics]) -> list[UsageReport | None]:
    """What came of measurements, one after the other."""
    reports = UsageReports()
    reports.begin(hears=True)
    return [reports.measure(one) for one in measurements]


def test_processors_are_the_mean_since_the_measurement_before() -> None:
    """Of two containers together; one that was not measured before counts from the next time on."""
    first = {A: sample(100, 10, 64)}
    second = {A: sample(120, 20, 64), B: sample(120, 500, 32)}
    third = {A: sample(140, 20, 64), B: sample(140, 510, 32)}

    assert [
        UsageReport(cpus=0.0, mem=64.0),
        UsageReport(cpus=0.5, mem=96.0),
        None,
    ] == told(first, second, third)


def test_a_container_started_anew_uses_nothing_less_than_nothing() -> None:
    """Its seconds begin again."""
    assert [UsageReport(cpus=0.0, mem=0.0), None] == told({A: sample(100, 10)}, {A: sample(120, 1)})


def test_small_changes_are_not_told() -> None:
    """Up to a twentieth of what was told, or a MiB."""
    mems = (100, 105, 106, 100)

    assert [100.0, None, 106.0, 100.0] == [
        None if one is None else one.mem for one in told(*({A: sample(n, 0, mem)} for n, mem in enumerate(mems)))
    ]


def test_memory_is_all_that_counts_where_nothing_else_is_told() -> None:
    """A container whose groups do not tell caches apart."""
    assert [UsageReport(cpus=0.0, mem=7.0)] == told({A: sample(1, 0, total=7)})


def test_a_master_that_does_not_ask_is_told_nothing() -> None:
    """An older one would end the link over a message that it does not know."""
    bench = AgentBench().registered()
    silent = bench.handle(UsageMeasured({A: sample(1, 0, 64)}))
    bench.hear(Registered(agent_id=AGENT_ID, hears_usage=True))
    spoken = bench.handle(UsageMeasured({A: sample(2, 0, 64)}))

    assert not [one for one in silent if isinstance(one, Send)]
    assert [UsageReport(cpus=0.0, mem=64.0)] == [one.message for one in spoken if isinstance(one, Send)]


def test_a_new_master_is_told_what_the_old_one_knew() -> None:
    """It knows nothing yet."""
    reports = UsageReports()
    reports.begin(hears=True)
    before = reports.measure({A: sample(1, 0, 64)})
    reports.begin(hears=True)

    assert before == reports.measure({A: sample(2, 0, 64)})


def test_the_link_carries_reports_and_older_masters_words() -> None:
    """A registration without the new word says that reports are not wanted."""
    frame = AgentFrame(messages=(UsageReport(cpus=1.5, mem=64.25),))
    old = b'{"epoch":1,"messages":[{"type":"REGISTERED","registered":{"agent_id":{"value":"S0"}}}]}'

    assert frame == refined_json.decode(refined_json.encode(frame), AgentFrame)
    assert (Registered(agent_id=AgentId("S0")),) == refined_json.decode(old, MasterFrame).messages


@pytest.mark.parametrize("cpus", ["-1", "1e300", '"x"'])
def test_amounts_that_make_no_sense_end_the_link(cpus: str) -> None:
    """The field is named."""
    body = f'{{"messages":[{{"type":"USAGE_REPORT","usage_report":{{"cpus":{cpus},"mem":1}}}}]}}'

    with pytest.raises(DecodeError, match="cpus"):
        refined_json.decode(body.encode(), AgentFrame)


async def test_nothing_is_measured_while_nobody_wants_to_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next round looks again."""
    measured: list[ContainerId] = []
    heard: list[Mapping[ContainerId, ResourceStatistics]] = []
    rounds = iter([None, {A: "/a"}])

    async def measure(container_id: ContainerId) -> ResourceStatistics:
        measured.append(container_id)
        return sample(1, 2)

    class Done(Exception):
        """The test saw enough."""

    def find() -> Mapping[ContainerId, str] | None:
        found = next(rounds, "over")
        if isinstance(found, str):
            raise Done
        return found

    monkeypatch.setattr("koinon_agent.containerizer.usage.watch.INTERVAL_SECONDS", 0.0)
    sampler = UsageSampler(measure)
    with pytest.raises(Done):
        await asyncio.wait_for(watch_usage(sampler, find, heard.append, Random(1)), 5)
    sampler.close()

    assert [A] == measured
    assert [{A: sample(1, 2)}] == heard
