"""How fast do 50 containers run, from the POST of an app to every TASK_RUNNING, against the same 50 made by hand?

By hand means the raw Engine API through the `docker` package, eight calls at once, which was its best on two cores.
Rounds of both alternate in one run, so that the machine's mood falls on both; printed are the medians and their ratio.
Then: what the daemons cost while nothing happens, and how much memory they hold.

    ./dev bench launch [ROUNDS]
"""

import statistics
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker
import requests

from support.cluster import Cluster, Daemon, running_cluster
from support.docker_engine import BUSYBOX, docker_url

CONTAINERS = 50
AT_ONCE = 8
IDLE_SECONDS = 15.0


def launch_raw(api: docker.APIClient) -> tuple[float, list[str]]:
    """Create and start the containers by hand; seconds taken, and their ids."""

    def launch(_: int) -> str:
        host = api.create_host_config(network_mode="host", cpu_shares=102, mem_limit=32 * 1024 * 1024)
        made = api.create_container(
            BUSYBOX, ["-c", "exec sleep 100000"], entrypoint=["/bin/sh"], host_config=host, name=f"raw-{uuid.uuid4()}"
        )
        api.start(made["Id"])
        return str(made["Id"])

    begin = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ids = list(pool.map(launch, range(CONTAINERS)))
    return time.perf_counter() - begin, ids


def remove_raw(api: docker.APIClient, ids: list[str]) -> None:
    """Remove what ``launch_raw`` made."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda each: api.remove_container(each, force=True), ids))


def launch_ours(cluster: Cluster, name: str) -> float:
    """POST an app and wait until all its tasks run; seconds taken."""
    app: dict[str, Any] = {
        "id": name,
        "cmd": "exec sleep 100000",
        "cpus": 0.1,
        "mem": 32,
        "instances": CONTAINERS,
        "container": {"type": "DOCKER", "docker": {"image": BUSYBOX, "network": "HOST"}},
    }
    begin = time.perf_counter()
    cluster.post_app(app).raise_for_status()
    wait_deployed(cluster)
    seconds = time.perf_counter() - begin
    if len(cluster.running_tasks(name)) != CONTAINERS:
        raise RuntimeError(f"{name} is deployed but not all of its tasks run")
    return seconds


def wait_deployed(cluster: Cluster) -> None:
    """Wait until no deployment is under way: the cheapest question, as asking costs the daemons too."""
    while requests.get(f"{cluster.any_marathon().url}/v2/deployments", timeout=30).json():
        time.sleep(0.05)


def remove_ours(cluster: Cluster, name: str) -> None:
    """DELETE the app and wait until its containers are gone."""
    requests.delete(f"{cluster.any_marathon().url}/v2/apps/{name}", timeout=30).raise_for_status()
    wait_deployed(cluster)


def show_idle(daemons: list[Daemon]) -> None:
    """Print what each daemon costs while nothing happens."""
    before = {daemon.name: daemon.cpu_seconds for daemon in daemons}
    time.sleep(IDLE_SECONDS)
    for daemon in daemons:
        share = (daemon.cpu_seconds - before[daemon.name]) / IDLE_SECONDS
        print(f"idle {daemon.name:12} {share:6.2%} of a core, {daemon.resident_mib:5.0f} MiB resident")


def show(name: str, times: list[float]) -> float:
    """Print the rounds of one side, and give back their median."""
    median = statistics.median(times)
    rounds = ", ".join(f"{seconds:.2f}" for seconds in times)
    print(f"{name:4} {median:5.2f} s for {CONTAINERS} ({CONTAINERS / median:4.1f}/s), rounds: {rounds}")
    return median


def main() -> None:
    """Run the rounds and print the figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    url = docker_url()
    api = docker.APIClient(base_url=url, timeout=60, num_pools=AT_ONCE)
    raw_times, our_times = [], []
    with running_cluster(docker_url=url) as cluster:
        cluster.add_master()
        cluster.add_agent("--resources=cpus:64;mem:16384;disk:65536;ports:[31000-31999]")
        cluster.add_marathon()
        cluster.wait_agents(1)
        cluster.leading_marathon()
        daemons = [*cluster.masters, *cluster.agents, *cluster.marathons]
        used = dict.fromkeys((daemon.name for daemon in daemons), 0.0)
        for number in range(rounds):
            seconds, ids = launch_raw(api)
            raw_times.append(seconds)
            remove_raw(api, ids)
            before = {daemon.name: daemon.cpu_seconds for daemon in daemons}
            our_times.append(launch_ours(cluster, f"bench-{number}"))
            for daemon in daemons:
                used[daemon.name] += daemon.cpu_seconds - before[daemon.name]
            if number == 0:
                show_idle(daemons)
            remove_ours(cluster, f"bench-{number}")
        show_idle(daemons)
    raw, ours = show("raw", raw_times), show("ours", our_times)
    print(f"throughput, ours / raw: {raw / ours:.2f} (wanted: at least 0.80)")
    for name, seconds in used.items():
        print(f"CPU of {name:12} {1000 * seconds / rounds / CONTAINERS:5.1f} ms a task")


if __name__ == "__main__":
    main()
