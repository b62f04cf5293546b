"""Every example runs, so that none goes stale."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import docker
import psutil
import pytest
import requests

from support.cluster import Cluster, containers_of, running_cluster
from support.docker_engine import BUSYBOX, docker_url
from support.processes import Child, find_processes
from support.waiting import wait_until

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
    assert {*EXPECTED, "group", "pod"} == {path.stem for path in EXAMPLES.glob("*.json")}


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


def test_pod_outlives_its_marathon(cluster: Cluster, docker_engine: docker.DockerClient) -> None:
    """The pod example: its endpoint shows what the other container writes; two instances run on when the leading
    Marathon is killed, and end without a trace.
    """
    pod = json.loads((EXAMPLES / "pod.json").read_text())
    marathon = cluster.leading_marathon()
    url = f"{marathon.url}/v2/pods"
    before = containers_of(docker_engine, cluster)
    assert 201 == requests.post(url, json=pod, timeout=10).status_code
    _wait_stable(url, 1)
    scaled = {**pod, "scaling": {"kind": "fixed", "instances": 2}}
    assert 200 == requests.put(f"{url}{pod['id']}", json=scaled, timeout=10).status_code
    for port in _wait_stable(url, 2):
        wait_until(partial(_shows, port, "UTC"), "what the other container wrote")
    running = containers_of(docker_engine, cluster)
    assert 2 * 3 == len(running.keys() - before.keys())  # each two containers, and the one that holds their network

    marathon.kill()
    marathon.start()
    cluster.leading_marathon()
    _wait_stable(url, 2)
    assert running == containers_of(docker_engine, cluster)
    assert 202 == requests.delete(f"{url}{pod['id']}", timeout=10).status_code
    wait_until(lambda: requests.get(f"{url}/::status", timeout=10).json() == [], "end of the pod")
    wait_until(lambda: containers_of(docker_engine, cluster) == before, "end of its containers")


def _shows(port: int, text: str) -> bool:
    return text in requests.get(f"http://127.0.0.1:{port}/", timeout=10).text


def _wait_stable(url: str, instances: int) -> list[int]:
    """Wait until all instances of the only pod are; returns the host ports of their endpoints."""

    def look() -> list[int] | None:
        (status,) = requests.get(f"{url}/::status", timeout=10).json()
        stable = [one for one in status["instances"] if one["status"] == "STABLE"]
        if len(stable) != instances or len(status["instances"]) != instances:
            return None
        found = [end for one in stable for container in one["containers"] for end in container["endpoints"]]
        return [end["allocatedHostPort"] for end in found]

    return wait_until(look, f"{instances} stable instances")


def test_the_elected_service_outlives_both_its_copies(cluster: Cluster, tmp_path: Path) -> None:
    """Whoever leads next has the id and the tasks of the one that was killed, and starts none anew."""
    command = f"sleep {os.getpid()}.5"
    quorum = f"sqlite://{tmp_path}/service.db?path=/service"
    argv = [sys.executable, str(EXAMPLES / "elected_service.py"), cluster.master_url, quorum, "2", command]
    running = r"instance-\d+-\d+ TASK_RUNNING"
    with Child(argv, tmp_path / "a") as first, Child(argv, tmp_path / "b") as second:
        wait_until(lambda: any(len(re.findall(running, one.output)) == 2 for one in (first, second)), "two instances")
        leader, heir = (first, second) if "leading" in first.output else (second, first)
        tasks = find_processes("sleep", command.split()[1])
        leader.kill()
        taken = heir.wait_line(r"subscribed as (\S+) with 2 tasks")
        heir.kill()
        with Child(argv, tmp_path / "c") as third:
            again = third.wait_line(r"subscribed as (\S+) with 2 tasks")
            found = find_processes("sleep", command.split()[1])
            third.kill()

    assert f"subscribed as {taken[1]} with 0 tasks" in leader.output
    assert taken[1] == again[1]
    assert 2 == len(tasks)
    assert tasks == found
    assert [] == re.findall(running, heir.output + third.output)


def test_ten_tasks_run_to_their_end(cluster: Cluster) -> None:
    """The framework example launches ten tasks, sees them finish, and ends."""
    port = cluster.leading_master().port
    argv = [sys.executable, str(EXAMPLES / "ten_tasks.py"), f"127.0.0.1:{port}"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    assert 0 == done.returncode, done.stderr
    assert 10 == done.stdout.count("TASK_FINISHED")


def test_pipeline_is_carried_on_after_a_kill(cluster: Cluster, tmp_path: Path) -> None:
    """The declared workload, killed with -9 half-way: the next run takes its tasks up, and all is done once."""
    store = f"sqlite://{tmp_path}/pipeline.db"
    argv = [sys.executable, str(EXAMPLES / "pipeline.py"), f"127.0.0.1:{cluster.leading_master().port}", store]
    with Child(argv, tmp_path / "first") as first:
        first.wait_line(r"(visit\.\d) delayed: attempt 1 failed")
        first.kill()
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "server launching" not in done.stdout
    assert "pipeline: 5 finished, 1 killed" in done.stdout
    assert 4 == len(re.findall(r"^  visit\.\d finished \(attempt 2\)", done.stdout, re.MULTILINE))


def test_batch_counts_every_word_though_an_executor_is_killed(cluster: Cluster, tmp_path: Path) -> None:
    """Pieces that were lost with their executor are counted again: the sum is that of one pass over the file."""
    text, pieces = tmp_path / "words", 60
    text.write_text("one two two three three three\n" * 20 * pieces)
    batch = EXAMPLES / "batch"
    executor = [sys.executable, str(batch / "count_words.py")]
    address = f"127.0.0.1:{cluster.leading_master().port}"

    def find_executors() -> list[psutil.Process]:
        agents = (psutil.Process(agent.process.pid) for agent in cluster.agents)
        pids = find_processes(*executor)
        return [child for agent in agents for child in agent.children(recursive=True) if child.pid in pids]

    with Child([sys.executable, str(batch / "word_count.py"), address, str(text)], tmp_path / "log") as counting:
        wait_until(find_executors, "executor")[0].kill()
        code = counting.wait_exit(60)
    total = re.search(rf"{120 * pieces} words in {pieces} pieces, counted in (\d+) tasks", counting.output)

    assert 0 == code, counting.output
    assert total is not None, counting.output
    assert pieces < int(total[1])
    assert re.search(rf" {60 * pieces} three\n +{40 * pieces} two\n +{20 * pieces} one\n", counting.output)
