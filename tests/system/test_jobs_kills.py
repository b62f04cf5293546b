"""A jobs scheduler on a real cluster, killed over and over: what is due each second runs once each second."""

from __future__ import annotations

import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
import requests

from support.cluster import TIMEOUT, Cluster, running_cluster
from support.ports import reserve_port
from support.processes import Child
from support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]

KILLS = 2


def start_jobs(cluster: Cluster, port: int, number: int) -> Child:
    """A host of the jobs framework."""
    argv = (sys.executable, "-m", "koinon_frameworks", "jobs", f"--master={cluster.master_url}", f"--listen={port}")
    store = f"--zk=sqlite://{cluster.folder}/jobs.sqlite?path=/jobs"
    flags = ("--zk-session-timeout=2secs", "--stable-after=100ms")
    return Child([*argv, store, *flags], cluster.folder / f"jobs-{number}.log")


def put(port: int, job: dict[str, object]) -> bool:
    """Whether the job was taken."""
    try:
        return requests.post(f"http://127.0.0.1:{port}/jobs/jobs", json=job, timeout=TIMEOUT).status_code == 201
    except requests.RequestException:
        return False


def kill_inner(host: Child) -> bool:
    """kill -9 of the scheduler itself, if there is one; its host starts another."""
    children = psutil.Process(host.pid).children()
    for child in children:
        child.kill()
    return bool(children)


def ran(path: Path) -> Counter[str]:
    """How often each run's command was started."""
    return Counter(path.read_text().split()) if path.exists() else Counter()


def moment(run: str) -> float:
    """The time in a run's id."""
    return datetime.strptime(run.split("-")[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def test_each_second_has_one_run_whoever_is_killed() -> None:
    """Its scheduler by kill -9, time and again, and at last the whole host: no second is skipped or run twice."""
    with running_cluster() as cluster:
        cluster.add_master()
        cluster.add_agent()
        port, path = reserve_port(), cluster.folder / "ran"
        job = {
            "name": "tick",
            "schedule": {"cron": "* * * * * *"},
            "command": f"echo $KOINON_RUN >> {path}",
            "cpus": 0.01,
            "mem": 8,
            "overlap": "ALLOW",
            "missed": "ALL",
            "catchUp": 100,
        }
        host = start_jobs(cluster, port, 1)
        wait_until(lambda: put(port, job), "a job that was taken", 30.0)
        wait_until(lambda: ran(path), "a first run")
        for number in range(KILLS):
            wait_until(lambda: kill_inner(host), "a scheduler to be killed")
            # Some die before they are up, some in the midst of a run.
            time.sleep(0.4 + 0.8 * number)
        host.kill()
        host = start_jobs(cluster, port, 2)
        started = time.time()
        wait_until(lambda: any(moment(run) > started for run in ran(path)), "runs of the second host", 30.0)
        host.kill()
        time.sleep(0.5)
        found = ran(path)

    times = sorted(map(moment, found))
    assert {1} == set(found.values())
    assert [times[0] + number for number in range(len(times))] == times
