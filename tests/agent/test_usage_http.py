"""What an agent answers over HTTP of what its containers use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_settings, make_task
from fakes.executors import ExecutorAtBench, hosted
from koinon_agent.config import AgentConfig
from koinon_agent.containerizer.usage.sampler import UsageSampler
from koinon_agent.gauges import add_agent_gauges, read_agent
from koinon_agent.http.application import make_agent_application
from koinon_agent.http.site import Site
from koinon_core.ids import ContainerId
from koinon_core.statistics import ResourceStatistics
from koinon_daemon.flag_values import HostPort
from koinon_daemon.metrics import Metrics

Client = TestClient[web.Request, web.Application]


async def measure(container_id: ContainerId) -> ResourceStatistics:
    """A containerizer in which everything uses the same."""
    assert container_id
    return ResourceStatistics(timestamp=1.5, cpus_user_time_secs=0.25, mem_rss_bytes=1024, net_rx_bytes=3)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """An agent whose machine has not recovered yet."""
    config = AgentConfig(master=HostPort("m", 5050), work_dir=tmp_path)
    site = Site(config, tmp_path, Metrics(), 1.5, sampler=UsageSampler(measure, deadline=0.01))
    yield site
    assert site.sampler is not None
    site.sampler.close()


@pytest.fixture
def bench(site: Site) -> AgentBench:
    """A registered agent, shown by the site."""
    bench = AgentBench(make_settings()).registered()
    site.agent = bench.agent
    add_agent_gauges(site.metrics, bench.agent)
    return bench


@pytest.fixture
async def client(site: Site) -> AsyncIterator[Client]:
    """Calls the site."""
    async with TestClient(TestServer(make_agent_application(site))) as client:
        yield client


async def get(client: Client, path: str) -> Any:
    """The JSON of an answer."""
    response = await client.get(path)
    assert 200 == response.status
    return await response.json()


async def test_nothing_is_told_before_recovery(client: Client) -> None:
    """As with every other answer about the agent; its metrics are there all the same."""
    assert [503, 503] == [(await client.get(path)).status for path in ("/containers", "/monitor/statistics")]
    assert 200 == (await client.get("/metrics")).status


@pytest.mark.parametrize("path", ["/monitor/statistics", "/slave(1)/monitor/statistics.json", "/monitor/statistics/"])
async def test_statistics_are_told_by_executor(client: Client, bench: AgentBench, path: str) -> None:
    """Without the ids of containers, under the old name and the agent's own prefix, too."""
    bench.started(bench.run(make_task("t1")))
    (told,) = await get(client, path)

    assert {"executor_id", "executor_name", "framework_id", "source", "statistics"} == told.keys()
    assert (0.25, 1024, 64 << 20, 1.0) == (
        told["statistics"]["cpus_user_time_secs"],
        told["statistics"]["mem_rss_bytes"],
        told["statistics"]["mem_limit_bytes"],
        told["statistics"]["cpus_soft_limit"],
    )


async def test_an_executor_with_many_tasks_is_one_container(client: Client, bench: AgentBench) -> None:
    """Its own, with what it and its tasks asked for together; one that is being started is there, too."""
    executor = ExecutorAtBench(bench)
    container_id = executor.start(hosted("t1"), hosted("t2"))
    executor.subscribe()
    (told,) = await get(client, f"/slave(1)/containers?container_id={container_id}")
    numbers = read_agent(bench.agent)

    assert container_id == told["container_id"]
    assert (FRAMEWORK_ID, 77) == (told["framework_id"], told["status"]["executor_pid"])
    assert (2.1, 160 << 20) == (told["statistics"]["cpus_soft_limit"], told["statistics"]["mem_limit_bytes"])
    assert [] == await get(client, "/containers?container_id=other")
    assert (0, 1, 0) == tuple(
        numbers[f"slave/executors_{state}"] for state in ("registering", "running", "terminating")
    )


async def test_executors_are_counted_by_what_they_do(bench: AgentBench) -> None:
    """Those of tasks that have containers of their own, too, for which no program runs."""
    first, second, _ = (bench.run(make_task(name)) for name in ("t1", "t2", "t3"))
    for container_id in (first, second):
        bench.started(container_id)
    bench.ended(second)
    numbers = read_agent(bench.agent)

    assert (1, 1, 0) == tuple(
        numbers[f"slave/executors_{state}"] for state in ("registering", "running", "terminating")
    )
    assert 1 == numbers["slave/tasks_finished"]


async def test_prometheus_is_told_of_each_container_and_others_are_not(client: Client, bench: AgentBench) -> None:
    """Under their ids as labels; the flat names stay Mesos's."""
    container_id = bench.run(make_task("a/b"))
    bench.started(container_id)
    families = {
        family.name: family
        for family in text_string_to_metric_families(await (await client.get("/metrics")).text())
        if family.name.startswith("koinon_container_")
    }
    (sample,) = families["koinon_container_cpu_user_seconds"].samples

    assert {"framework_id": FRAMEWORK_ID, "executor_id": "a/b", "container_id": container_id} == sample.labels
    assert (0.25, "counter") == (sample.value, families["koinon_container_cpu_user_seconds"].type)
    assert "gauge" == families["koinon_container_memory_rss_bytes"].type
    assert not [name for name in await get(client, "/metrics/snapshot") if name.startswith("containers/")]
