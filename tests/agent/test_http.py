"""What an agent answers over HTTP: its state in Mesos's shape, and the files of sandboxes alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from fakes.agent_bench import AGENT_ID, FRAMEWORK_ID, AgentBench, make_settings
from koinon_agent.config import AgentConfig
from koinon_agent.gauges import add_agent_gauges
from koinon_agent.http.application import make_agent_application
from koinon_agent.http.site import Site
from koinon_agent.sandboxes.layout import SandboxId, create_sandbox
from koinon_core.ids import ContainerId, ExecutorId
from koinon_daemon.flag_values import HostPort
from koinon_daemon.metrics import Metrics

Client = TestClient[Any, Any]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An agent whose machine has not recovered yet."""
    config = AgentConfig(master=HostPort("m", 5050), work_dir=tmp_path)
    return Site(config, tmp_path, Metrics(), 1.5)


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


@pytest.fixture
def sandbox(tmp_path: Path, bench: AgentBench) -> Path:
    """A sandbox with a few files."""
    sandbox_id = SandboxId(
        agent_id=AGENT_ID,
        framework_id=FRAMEWORK_ID,
        executor_id=ExecutorId("t1"),
        container_id=ContainerId("c1"),
    )
    path = create_sandbox(tmp_path, sandbox_id)
    (path / "stdout").write_bytes(b"one\ntwo\n\xff\n")
    (path / "folder").mkdir()
    (tmp_path / "secret").write_text("secret")
    (path / "link").symlink_to(tmp_path / "secret")
    (path / "inside").symlink_to("stdout")
    return path


async def read(client: Client, path: str, query: str = "&offset=0") -> tuple[int, Any]:
    """Status and body of /files/read."""
    response = await client.get(f"/files/read?path={quote(path)}{query}")
    return response.status, await response.json() if response.status == 200 else await response.text()


async def test_health_and_version_answer_before_recovery(client: Client) -> None:
    """The state is 503 until there is one."""
    paths = ("/health", "/slave(1)/version", "/slave%281%29/flags", "/state", "/nothing")

    assert [200, 200, 200, 503, 404] == [(await client.get(path)).status for path in paths]


async def test_state_shows_tasks_with_their_sandbox(client: Client, bench: AgentBench) -> None:
    """Executor, directory and statuses where log viewers and name servers look."""
    bench.started(bench.run())
    state = await (await client.get("/slave(1)/state")).json()
    executor = state["frameworks"][0]["executors"][0]

    assert (AGENT_ID, "host-1", "slave(1)@10.0.0.1:5051") == (state["id"], state["hostname"], state["pid"])
    assert {"cpus": 4.0, "gpus": 0, "mem": 4096.0, "disk": 0, "ports": "[31000-32000]"} == state["resources"]
    assert 1.0 == state["unreserved_resources_allocated"]["cpus"]
    assert ("t1", "t1") == (executor["id"], executor["source"])
    assert executor["directory"].endswith(f"/t1/{executor['container']}")
    assert "TASK_RUNNING" == executor["tasks"][0]["state"]
    assert ["TASK_STARTING", "TASK_RUNNING"] == [one["state"] for one in executor["tasks"][0]["statuses"]]


async def test_ended_task_stays_to_be_seen(client: Client, bench: AgentBench) -> None:
    """With its framework among the completed ones."""
    container = bench.run()
    bench.started(container)
    bench.ended(container)
    bench.acknowledge_all()
    state = await (await client.get("/state")).json()

    assert [] == state["frameworks"]
    assert "TASK_FINISHED" == state["completed_frameworks"][0]["completed_executors"][0]["completed_tasks"][0]["state"]


async def test_metrics_have_their_old_names(client: Client, bench: AgentBench) -> None:
    """What exporters read."""
    bench.started(bench.run())
    numbers = await (await client.get("/metrics/snapshot")).json()

    assert (1.0, 1.0, 4.0, 0.25) == (
        numbers["slave/registered"],
        numbers["slave/tasks_running"],
        numbers["slave/cpus_total"],
        numbers["slave/cpus_percent"],
    )


async def test_jsonp_wraps_and_takes_names_only(client: Client) -> None:
    """``jsonp=fn`` calls fn; anything but a name is refused."""
    good = await client.get("/version?jsonp=a.b")

    assert (await good.text()).startswith("a.b({")
    assert "text/javascript" == good.content_type
    assert 400 == (await client.get("/version?jsonp=alert(1)//")).status


async def test_reading_goes_by_offset_and_length(client: Client, sandbox: Path) -> None:
    """Size first, then a part; invalid bytes are replaced; beyond the end is nothing."""
    path = f"{sandbox}/stdout"

    assert (200, {"offset": 10, "data": ""}) == await read(client, path, "")
    assert (200, {"offset": 4, "data": "two"}) == await read(client, path, "&offset=4&length=3")
    assert (200, {"offset": 8, "data": "\ufffd\n"}) == await read(client, path, "&offset=8")
    assert (200, {"offset": 99, "data": ""}) == await read(client, path, "&offset=99")


async def test_a_read_is_64_kib_at_most(client: Client, sandbox: Path) -> None:
    """Sixteen pages, whatever was asked for."""
    (sandbox / "big").write_bytes(b"x" * 100_000)

    assert 65_536 == len((await read(client, f"{sandbox}/big", "&offset=0&length=99999"))[1]["data"])


async def test_sandbox_has_three_names(client: Client, sandbox: Path) -> None:
    """By its container, as ``latest``, and by framework and executor."""
    short = f"/frameworks/{FRAMEWORK_ID}/executors/t1/runs/latest"
    for root in (str(sandbox), str(sandbox.with_name("latest")), short):
        response = await client.get(f"/files/browse?path={quote(root)}")
        entries = {entry["path"]: entry for entry in await response.json()}

        assert [f"{root}/{name}" for name in ("folder", "inside", "link", "stderr", "stdout")] == list(entries)
        assert (10, "root", "-rw-") == (
            entries[f"{root}/stdout"]["size"],
            entries[f"{root}/stdout"]["uid"],
            entries[f"{root}/stdout"]["mode"][:4],
        )


async def test_nothing_outside_of_sandboxes_is_shown(client: Client, sandbox: Path, tmp_path: Path) -> None:
    """Neither by dots, nor by links, nor by asking; a link within is fine."""
    outside = [
        f"{sandbox}/link", f"{sandbox}/../c1/stdout", str(tmp_path / "secret"), "/etc/passwd", f"{sandbox}/a\0b",
        str(sandbox.parent), "stdout",
    ]  # fmt: skip

    assert [404] * len(outside) == [(await read(client, path))[0] for path in outside]
    assert 200 == (await read(client, f"{sandbox}/inside"))[0]


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        ("", "", "path"),
        ("stdout", "&offset=x", "offset"),
        ("stdout", "&offset=-2", "offset"),
        ("folder", "", "directory"),
    ],
)
async def test_bad_requests_say_why(client: Client, sandbox: Path, path: str, query: str, words: str) -> None:
    """400, with the parameter at fault."""
    status, text = await read(client, f"{sandbox}/{path}" if path else "", query)

    assert 400 == status
    assert words in text


async def test_download_is_the_whole_file(client: Client, sandbox: Path) -> None:
    """As an attachment, byte for byte."""
    response = await client.get(f"/files/download?path={quote(str(sandbox))}/stdout")

    assert 'attachment; filename="stdout"' == response.headers["Content-Disposition"]
    assert b"one\ntwo\n\xff\n" == await response.read()


async def test_metrics_speak_prometheus_too(client: Client, bench: AgentBench) -> None:
    """Every number of the agent has its family, and Prometheus's own parser reads them."""
    bench.started(bench.run())
    response = await client.get("/slave(1)/metrics")
    families = {family.name: family for family in text_string_to_metric_families(await response.text())}

    assert response.headers["Content-Type"].startswith("text/plain; version=")
    assert {"running": 1.0} == {
        one.labels["state"]: one.value for one in families["koinon_agent_tasks"].samples if one.value
    }
    assert not [name for name, family in families.items() if family.documentation.endswith("under its flat name.")]


async def test_the_log_is_shown_before_recovery(tmp_path: Path) -> None:
    """As ``/slave/log``, when there is one: why an agent does not come up is in it."""
    (tmp_path / "log").write_text("came\n")
    config = AgentConfig(master=HostPort("m", 5050), work_dir=tmp_path, external_log_file=tmp_path / "log")
    site = Site(config, tmp_path, Metrics(), 1.5)
    async with TestClient(TestServer(make_agent_application(site))) as client:
        assert (200, {"offset": 0, "data": "came\n"}) == await read(client, "/slave/log")


async def test_logging_and_the_machine_are_there(client: Client) -> None:
    """Alike on master and agent."""
    level = await client.get("/slave(1)/logging/toggle")
    machine = await (await client.get("/system/stats.json")).json()

    assert "0\n" == await level.text()
    assert {
        "avg_load_1min", "avg_load_5min", "avg_load_15min", "cpus_total", "mem_total_bytes", "mem_free_bytes"
    } == set(machine)  # fmt: skip


async def test_debug_names_sandboxes_while_they_last(client: Client, bench: AgentBench, site: Site) -> None:
    """Those in use and those of ended tasks, by each of their three names; all of them can be asked for."""
    slaves = site.work_dir / "slaves" / AGENT_ID
    run = slaves / "frameworks" / FRAMEWORK_ID / "executors" / "t1" / "runs" / "c1"
    (run / "tasks" / "inner").mkdir(parents=True)
    (run / "tasks" / "inner" / "stdout").write_text("deep")
    (run.parent / "latest").symlink_to("c1")
    bench.agent.tasks.garbage.abandon(str(run), bench.now)
    shown = await (await client.get("/files/debug")).json()
    short = f"/frameworks/{FRAMEWORK_ID}/executors/t1/runs/latest"

    assert dict.fromkeys((str(run), str(run.parent / "latest"), short), str(run)) == shown
    for name in shown:
        assert (200, {"offset": 0, "data": "deep"}) == await read(client, f"{name}/tasks/inner/stdout")
