"""A framework in a page against a real cluster, in both content types."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from attrs import frozen

from koinon_core.wire.content import ContentType
from support import keep_one
from support.cluster import Cluster, Daemon, running_cluster
from support.processes import Child

SCHEDULE = {
    "windows": [
        {
            "machine_ids": [{"hostname": "host-1", "ip": "127.0.0.1"}],
            "unavailability": {"start": {"nanoseconds": 0}, "duration": {"nanoseconds": 3_600_000_000_000}},
        }
    ]
}
pytestmark = pytest.mark.system


@frozen
class Program:
    """One run of it after the other."""

    name: str
    masters: str
    folder: Path

    def start(self, turn: int) -> Child:
        """Run it, with a log of its own."""
        log = self.folder / f"{self.name}.{turn}.log"
        return Child([sys.executable, keep_one.__file__, self.masters, self.name, str(self.folder)], log)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Two masters, so that one may die, and one agent."""
    with running_cluster() as running:
        for _ in range(2):
            running.add_master()
        running.add_agent()
        running.wait_agents(1)
        yield running


def find_framework(master: Daemon, name: str) -> tuple[str, bool, list[str]]:
    """Its id, whether it is there, and its tasks."""
    [found] = [one for one in master.get("/state")["frameworks"] if one["name"] == name]
    return found["id"], found["active"], [task["id"] for task in found["tasks"]]


def post(master: Daemon, path: str, **body: Any) -> None:
    requests.post(f"{master.url}{path}", timeout=10, **body).raise_for_status()


def test_task_stays_its_own_whatever_is_killed(cluster: Cluster, tmp_path: Path) -> None:
    """The program by kill -9, then the leading master: same framework, same task. Ctrl-C leaves both to the next run;
    when the framework is torn down meanwhile, that ends by it, and forgets the id.
    """
    addresses = (cluster.master_url, ",".join(f"127.0.0.1:{daemon.port}" for daemon in cluster.masters))
    programs = [Program(kind.name, address, tmp_path) for kind, address in zip(ContentType, addresses, strict=True)]
    children = [program.start(1) for program in programs]
    launched = [child.wait_line(r"^UPDATE (\S+) TASK_RUNNING")[1] for child in children]
    for child in children:
        child.kill()
    children = [program.start(2) for program in programs]
    for child, task_id in zip(children, launched, strict=True):
        child.wait_line(rf"^SUBSCRIBED \S+, knows {task_id}\n(.*\n)*UPDATE {task_id} TASK_RUNNING REASON_REC")
    master = cluster.leading_master()
    before = [find_framework(master, program.name.lower()) for program in programs]

    master.kill()
    for child, task_id in zip(children, launched, strict=True):
        child.wait_line(rf"^DISCONNECTED\n(.*\n)*SUBSCRIBED .*\n(.*\n)*UPDATE {task_id} TASK_RUNNING")
        child.wait_line(r"^DISCONNECTED\n(.*\n)*OFFER ")
    master = cluster.leading_master()
    after = [find_framework(master, program.name.lower()) for program in programs]
    post(master, "/maintenance/schedule", json=SCHEDULE)
    for child in children:
        child.wait_line("^ASKED TO LEAVE 1")
        child.send(signal.SIGINT)
    ended = [(child.wait_exit(), child.output.splitlines()[-1]) for child in children]
    left = [find_framework(master, program.name.lower()) for program in programs]
    post(master, "/teardown", data={"frameworkId": after[0][0]})
    last = programs[0].start(3)
    last.wait_exit()

    assert [(True, [task_id]) for task_id in launched] == [framework[1:] for framework in before]
    assert before == after
    assert [(0, "ENDED STOPPED")] * 2 == ended
    assert [(framework_id, False, tasks) for framework_id, _, tasks in after] == left
    assert "ENDED REMOVED" == last.output.splitlines()[-1]
    assert ["protobuf.id"] == [path.name for path in tmp_path.glob("*.id")]
