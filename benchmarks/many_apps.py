"""What does one Marathon take when it keeps many apps, or one large one? On simulated agents, over a real master.

    ./dev bench many_apps [apps|large ...]     (both)

- apps: 1,000 apps of ten instances, POSTed one after the other by one client: how long each POST takes, until all
  10,000 tasks run, what a change of one app costs then, what the lists cost beside orjson alone on the same document;
- large: one app of 10,000 instances from none to all, and back to none.

Master, Marathon and the crowd of agents are processes of their own; the store is SQLite. Tasks report two states, each
acknowledged before the next. Prints CPU and memory of Marathon, and how many records it wrote for each instance.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import requests
from attrs import define, field

from support.cluster import Cluster, Daemon, running_cluster
from support.processes import Child

AGENTS = 100
APPS, INSTANCES = 1000, 10
LARGE = 10_000
READS = 7
PATIENCE = 300.0
RESOURCES = "cpus:64;mem:262144;disk:1048576;ports:[31000-32000]"


@define
class Bed:
    """A Marathon, its master and the crowd."""

    marathon: Daemon
    session: requests.Session = field(factory=requests.Session)

    @property
    def running(self) -> int:
        """Instances that run, by the metric: the cheapest question."""
        return int(self.get("/metrics").json()["gauges"]["marathon.instances.running.gauge"]["value"])

    def count(self, name: str) -> int:
        """A counter of `/metrics`."""
        return int(self.get("/metrics").json()["counters"].get(f"marathon.{name}.counter", {"count": 0})["count"])

    def get(self, path: str) -> requests.Response:
        """An answer, and none that refuses."""
        answer = self.session.get(self.marathon.url + path, timeout=PATIENCE)
        answer.raise_for_status()
        return answer

    def send(self, method: str, path: str, body: Any = None) -> float:
        """Seconds until a change is accepted."""
        begin = time.perf_counter()
        answer = self.session.request(method, self.marathon.url + path, json=body, timeout=PATIENCE)
        answer.raise_for_status()
        return time.perf_counter() - begin

    def wait(self, is_so: Callable[[], bool], what: str, nap: float = 0.1) -> None:
        """Look now and then until it is so. Raises TimeoutError."""
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {what}; {self.running} run")
            time.sleep(nap)

    def settle(self, count: int) -> None:
        """Until so many run and no deployment is under way."""
        self.wait(lambda: self.running == count and not self.get("/v2/deployments").json(), f"{count} that run", 0.2)


@contextmanager
def bed() -> Iterator[Bed]:
    """All of it, with the agents registered."""
    with running_cluster() as cluster:
        master = cluster.add_master("--zk_session_timeout=10secs")
        cluster.leading_master()
        argv = [sys.executable, "-m", "support.link_crowd", master.url, str(AGENTS), "", RESOURCES]
        with Child(argv, cluster.folder / "crowd.log") as crowd:
            crowd.wait_line("^registered 1$", PATIENCE)
            cluster.add_marathon(f"--max_running_deployments={2 * APPS}", "--launch_tokens=1000000")
            yield _ready(cluster)


def _ready(cluster: Cluster) -> Bed:
    made = Bed(cluster.leading_marathon())
    made.wait(lambda: bool(made.get("/v2/info").json()["frameworkId"]), "subscription")
    return made


def app(name: str, instances: int) -> dict[str, Any]:
    """An app as small as apps get."""
    return {"id": name, "cmd": "sleep 1000", "cpus": 0.01, "mem": 16, "instances": instances, "portDefinitions": []}


def show(name: str, seconds: list[float]) -> None:
    """Median and the slowest of a hundred."""
    ordered = sorted(seconds)
    slow = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    print(f"{name}: {1000 * statistics.median(ordered):.1f} ms median, {1000 * slow:.1f} ms p99")


def show_costs(name: str, found: Bed, cpu: float, writes: int, instances: int) -> None:
    """What it took since `cpu` and `writes` were noted."""
    used, written = found.marathon.cpu_seconds - cpu, found.count("persistence.writes") - writes
    print(
        f"{name}: {1000 * used / instances:.2f} ms of Marathon's CPU and {written / instances:.2f} records written "
        f"an instance; {found.marathon.resident_mib:.0f} MiB resident (wanted: at most 600)"
    )


def ask_apps(found: Bed) -> None:
    """A thousand apps of ten."""
    cpu, writes, begin = found.marathon.cpu_seconds, found.count("persistence.writes"), time.perf_counter()
    posts = [found.send("POST", "/v2/apps", app(f"/g{n % 20}/app-{n}", INSTANCES)) for n in range(APPS)]
    posted = time.perf_counter() - begin
    found.settle(APPS * INSTANCES)
    took = time.perf_counter() - begin
    show(f"POST of {APPS} apps, one after the other", posts)
    show("the last hundred of them", posts[-100:])
    print(
        f"all POSTs took {posted:.1f} s, {APPS * INSTANCES} tasks ran after {took:.1f} s: "
        f"{APPS / took:.1f} deployments/s"
    )
    show_costs("launching", found, cpu, writes, APPS * INSTANCES)
    changes = [found.send("PUT", f"/v2/apps/g{n % 20}/app-{n}", {"instances": INSTANCES + 1}) for n in range(100)]
    show("PUT that scales one of them", changes)
    found.settle(APPS * INSTANCES + 100)
    for path in ("/v2/apps", "/v2/apps?embed=apps.tasks", "/v2/groups", "/v2/tasks"):
        read(found, path)
    for group in range(20):
        found.send("DELETE", f"/v2/groups/g{group}?force=true")
    found.settle(0)


def read(found: Bed, path: str) -> None:
    """A list beside its own document through orjson alone."""
    times = []
    for _ in range(READS):
        begin = time.perf_counter()
        body = found.get(path).content
        times.append(time.perf_counter() - begin)
    document = orjson.loads(body)
    begin = time.perf_counter()
    for _ in range(READS):
        orjson.dumps(document)
    alone = (time.perf_counter() - begin) / READS
    median = statistics.median(times)
    print(f"GET {path}: {1000 * median:.0f} ms for {len(body) / 2**20:.1f} MiB, {median / alone:.1f} of orjson alone")


def ask_large(found: Bed) -> None:
    """One app of ten thousand."""
    found.send("POST", "/v2/apps", app("/large", 0))
    cpu, writes, begin = found.marathon.cpu_seconds, found.count("persistence.writes"), time.perf_counter()
    found.send("PUT", "/v2/apps/large", {"instances": LARGE})
    found.settle(LARGE)
    print(f"one app to {LARGE} instances: {time.perf_counter() - begin:.1f} s (wanted: at most 60)")
    show_costs("launching", found, cpu, writes, LARGE)
    begin = time.perf_counter()
    found.send("PUT", "/v2/apps/large", {"instances": 0})
    found.settle(0)
    print(f"and back to none: {time.perf_counter() - begin:.1f} s")


QUESTIONS = {"apps": ask_apps, "large": ask_large}


def main() -> None:
    """Answer what was asked."""
    for name in sys.argv[1:] or QUESTIONS:
        with bed() as found:
            QUESTIONS[name](found)


if __name__ == "__main__":
    main()
