"""What a real master answers to monitoring, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from koinon_core.agent_link import RunTask
from koinon_core.ids import FrameworkId, TaskId
from koinon_core.tasks import TaskState
from koinon_daemon.supervision import Stop
from koinon_master.app import MasterApp
from koinon_master.config import MasterConfig
from koinon_master.http.application import make_master_application
from koinon_master.http.files import attach_log

REGISTRAR = {"queued_operations", "registry_size_bytes", "log/recovered", "log/ensemble_size", "state_fetch_ms"}


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """Calls."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def busy_url(master_url: str) -> AsyncIterator[str]:
    """A master with one agent and one framework that runs one task."""
    async with LinkAgent(master_url) as agent, HttpFramework(master_url) as framework:
        await agent.register()
        await framework.subscribe()
        offer = (await framework.expect("OFFERS"))["offers"]["offers"][0]
        await framework.launch(offer, "t1")
        await agent.expect(RunTask)
        await agent.report(FrameworkId(offer["framework_id"]["value"]), TaskId("t1"), TaskState.TASK_RUNNING)
        await framework.expect("UPDATE")
        yield master_url


async def test_snapshot_has_all_that_the_process_knows(session: ClientSession, busy_url: str) -> None:
    """The cluster, the registrar, the allocator's times and the machine; by name."""
    response = await session.get(f"{busy_url}/master/metrics/snapshot?timeout=1secs")
    numbers: dict[str, float] = await response.json()

    assert "application/json" == response.headers["Content-Type"]
    assert list(numbers) == sorted(numbers)
    wanted = {"master/elected": 1, "master/tasks_running": 1, "master/slaves_active": 1, "registrar/log/recovered": 1}
    assert wanted == {name: numbers[name] for name in wanted}
    assert set() == {f"registrar/{name}" for name in REGISTRAR} - set(numbers)
    for timer in ("registrar/state_store_ms", "allocator/mesos/allocation_run_ms", "master/loop_turn_ms"):
        assert set() == {timer, *(f"{timer}/{part}" for part in ("count", "min", "max", "p50", "p9999"))} - set(numbers)
    assert 0 < numbers["allocator/mesos/allocation_run_latency_ms"]
    assert {"system/cpus_total", "system/load_5min", "system/mem_free_bytes"} < set(numbers)


async def test_prometheus_reads_the_same_numbers(session: ClientSession, busy_url: str) -> None:
    """With labels, types and a versioned content type."""
    response = await session.get(f"{busy_url}/metrics")
    families = {family.name: family for family in text_string_to_metric_families(await response.text())}

    assert response.headers["Content-Type"].startswith("text/plain; version=")
    assert {"running": 1.0} == {
        one.labels["state"]: one.value for one in families["koinon_master_tasks"].samples if one.value
    }
    assert "histogram" == families["koinon_registrar_state_store_seconds"].type
    assert "histogram" == families["koinon_allocator_allocation_run_seconds"].type
    assert not [name for name, family in families.items() if family.documentation.endswith("under its flat name.")]


@pytest.mark.parametrize(("timeout", "status"), [("1secs", 200), ("0ns", 200), ("x", 400), ("1", 400)])
async def test_timeout_is_a_duration(session: ClientSession, master_url: str, timeout: str, status: int) -> None:
    """All numbers are at hand: it is only looked at, and refused by name where it is none."""
    response = await session.get(f"{master_url}/metrics/snapshot?timeout={timeout}")

    assert status == response.status
    assert (status == 400) == (await response.text()).startswith(f"Invalid timeout '{timeout}'")


async def test_small_endpoints(session: ClientSession, master_url: str) -> None:
    """The level of the log, and the machine."""
    level = await session.get(f"{master_url}/logging/toggle")
    refused = await session.get(f"{master_url}/master/logging/toggle?level=2")
    machine = await (await session.get(f"{master_url}/system/stats.json")).json()

    assert (200, "0\n") == (level.status, await level.text())
    assert (400, "Expecting 'duration=value' in query.\n") == (refused.status, await refused.text())
    assert {
        "avg_load_1min", "avg_load_5min", "avg_load_15min", "cpus_total", "mem_total_bytes", "mem_free_bytes"
    } == set(machine)  # fmt: skip


async def test_the_log_can_be_followed(session: ClientSession, master: MasterApp, tmp_path: Path) -> None:
    """Size first, then from there on: how web UIs and command lines tail."""
    log = tmp_path / "log"
    log.write_text("first\n")
    attach_log(master.office.files, MasterConfig(registry="in_memory", external_log_file=log))
    url = f"http://{master.server.address}/files/read?path=/master/log"
    size = (await (await session.get(f"{url}&offset=-1")).json())["offset"]
    with log.open("a") as more:
        more.write("second\n")
    rest: dict[str, Any] = await (await session.get(f"{url}&offset={size}")).json()

    assert {"offset": 6, "data": "second\n"} == rest
    assert {"/master/log": str(log)} == await (
        await session.get(f"http://{master.server.address}/master/files/debug")
    ).json()


async def test_standbys_show_themselves() -> None:
    """Without a redirect: not elected, all names, an empty cluster; and who leads need not be known."""
    office = MasterApp(MasterConfig(port=0, registry="in_memory"), Stop()).office
    paths = ("/metrics", "/health", "/logging/toggle", "/system/stats.json", "/files/debug", "/master/files/debug")
    async with TestClient(TestServer(make_master_application(office))) as client:
        numbers = await (await client.get("/metrics/snapshot")).json()

        wanted = {"master/elected": 0.0, "master/slaves_active": 0.0, "registrar/log/recovered": 0.0}
        assert wanted == {name: numbers[name] for name in wanted}
        assert [200] * len(paths) == [(await client.get(path)).status for path in paths]
        assert 503 == (await client.get("/state")).status
        assert [302, 308, 404] == [
            (await client.get(path, allow_redirects=False)).status for path in ("/", "/ui", "/ui/assets/none.js")
        ]
