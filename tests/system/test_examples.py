"""Every example runs, so that none goes stale."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import requests

from support.cluster import Cluster, running_cluster
from support.docker_engine import BUSYBOX, docker_url

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Two agents on racks named as ``koinon up`` names them."""
    with running_cluster(docker_url=docker_url()) as cluster:
        cluster.add_master()
        for number in (1, 2):
            cluster.add_agent(f"--attributes=rack:rack-{number}")
        cluster.add_marathon()
        cluster.wait_agents(2)
        cluster.leading_marathon()
        yield cluster


EXPECTED = {
    "hello": None,
    "web": None,
    "spread-over-racks": Counter({"rack-1": 2, "rack-2": 2}),
    "one-per-rack": Counter({"rack-1": 1, "rack-2": 1}),
    "like": Counter({"rack-2": 2}),
}


def test_every_example_is_listed_here() -> None:
    """A new example needs its expectation."""
    assert {*EXPECTED, "group"} == {path.stem for path in EXAMPLES.glob("*.json")}


@pytest.mark.parametrize("name", EXPECTED)
def test_example_apps_run_where_they_say(cluster: Cluster, name: str) -> None:
    """Each app runs all its instances, on the racks its constraint names."""
    app = json.loads((EXAMPLES / f"{name}.json").read_text())

    assert 201 == cluster.post_app(app).status_code
    tasks = cluster.wait_running(app["id"].lstrip("/"), app["instances"])
    placed = EXPECTED[name]
    assert placed is None or placed == cluster.racks_of(tasks)


def test_group_starts_what_others_wait_for_first(cluster: Cluster) -> None:
    """The group example: `db` runs before any `api` does, and these before any `web`; then it goes as a whole."""
    group = json.loads((EXAMPLES / "group.json").read_text())
    url = f"{cluster.leading_marathon().url}/v2/groups"

    assert 201 == requests.post(url, json=group, timeout=10).status_code
    started = [
        {task["startedAt"] for task in cluster.wait_running(f"shop/{name}", count)}
        for name, count in (("data/db", 1), ("front/api", 2), ("front/web", 2))
    ]
    assert all(max(first) < min(then) for first, then in pairwise(started))
    assert 200 == requests.delete(f"{url}/shop?force=true", timeout=10).status_code
    assert "/shop" not in [each["id"] for each in requests.get(url, timeout=10).json()["groups"]]


@pytest.mark.parametrize("image", [(), (BUSYBOX,)])
def test_pod_runs_to_its_end(cluster: Cluster, image: tuple[str, ...]) -> None:
    """The pod example, of processes and in containers: both tasks finish, one with what the other wrote."""
    port = cluster.leading_master().port
    argv = [sys.executable, str(EXAMPLES / "pod.py"), f"127.0.0.1:{port}", *image]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    assert 0 == done.returncode, done.stderr
    assert 2 == done.stdout.count("TASK_FINISHED"), done.stdout
    assert "pod ended with 0" in done.stdout


def test_ten_tasks_run_to_their_end(cluster: Cluster) -> None:
    """The framework example launches ten tasks, sees them finish, and ends."""
    port = cluster.leading_master().port
    argv = [sys.executable, str(EXAMPLES / "ten_tasks.py"), f"127.0.0.1:{port}"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    assert 0 == done.returncode, done.stderr
    assert 10 == done.stdout.count("TASK_FINISHED")
