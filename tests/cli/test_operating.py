"""The verbs of docs/operating.md on a whole cluster of real daemons: what Marathon runs moves, and moves back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from cli.conftest import CliRun, run_koinon
from support.cluster import Cluster, running_cluster
from support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
Koinon = Callable[..., CliRun]
APP = {"id": "/web", "cmd": "exec sleep 1000", "instances": 2, "cpus": 0.5, "mem": 32}


@pytest.fixture(scope="module")
def web() -> Iterator[Cluster]:
    """A master, two agents and a Marathon that runs an app."""
    with running_cluster() as cluster:
        cluster.add_master()
        for _ in range(2):
            cluster.add_agent("--no-switch_user")
        cluster.wait_agents(2)
        cluster.add_marathon()
        cluster.leading_marathon()
        cluster.post_app(APP)
        cluster.wait_running("web", 2)
        yield cluster


@pytest.fixture
def koinon_on(web: Cluster, capsys: pytest.CaptureFixture[str]) -> Koinon:
    """Run the command line in this process, on that cluster."""
    addresses = ("--master", web.leading_master().url, "--marathon", web.leading_marathon().url)
    return lambda *words: run_koinon(capsys, *addresses, *words)


def test_drained_agent_loses_its_tasks_to_another(web: Cluster, koinon_on: Koinon) -> None:
    """Empty when the command returns, while the app gets back to its instances elsewhere."""
    host = web.running_tasks("web")[0]["host"]
    before = koinon_on("task", "list", "--agent", host).rows
    drained = koinon_on("agent", "drain", host, "--grace", "5secs", "--wait", "--timeout", "60")
    left = koinon_on("task", "list", "--agent", host).rows
    moved = {task["host"] for task in web.wait_running("web", 2)}
    koinon_on("agent", "reactivate", host)

    assert 0 == drained.code
    assert drained.out.endswith(" is drained\n")
    assert (True, []) == (bool(before), left)
    assert {"host-1", "host-2"} - {host} == moved
    assert "active" == koinon_on("agent", "show", host).facts["state"]


def test_limit_is_told_where_an_app_waits_for_it(web: Cluster, koinon_on: Koinon) -> None:
    """By the same command whichever filter says no; without the limit the app goes on."""
    koinon_on("quota", "set", "*", "--limit", "cpus=1,mem=64,disk=0")
    koinon_on("app", "scale", "/web", "3", "--detach")
    told = wait_until(partial(filters_of, koinon_on), "the limit in the explanation", 30)
    koinon_on("quota", "remove", "*")

    assert {"limit"} == told
    assert 3 == len(web.wait_running("web", 3))


def filters_of(koinon_on: Koinon) -> set[str] | None:
    """What holds Marathon back once it wants something."""
    found = {row[3] for row in koinon_on("offer", "explain", "--framework", "marathon").rows}
    return found if found and "suppressed" not in found else None


def test_machine_is_away_for_maintenance(web: Cluster, koinon_on: Koinon) -> None:
    """Its agent is not let in while it is down, however often it is started, and is afterwards."""
    koinon_on("maintenance", "plan", "host-2", "--for", "1hrs")
    koinon_on("maintenance", "start", "host-2")
    agent: Any = web.agents[1]
    agent.process.wait_exit(20)
    hosts = [row[1] for row in koinon_on("agent", "list").rows]
    koinon_on("maintenance", "stop", "host-2")
    agent.start()
    web.wait_agents(2)

    assert [f"127.0.0.1:{web.agents[0].port}"] == hosts
    assert [] == koinon_on("maintenance", "status").rows
