"""How many short tasks a second run through the batch example, beside dask.distributed running the same no-op?

    ./dev bench batch [TASKS [ROUNDS [AGENTS]]]

Each of ours is a whole Mesos task: launched on an offer, run by one of the long-living executors, told to the agent,
the master and the scheduler, acknowledged all the way back. Dask's is a call on one of its worker processes, of which
there are as many as agents. Both clusters run before the clock starts, with workers and executors warm; rounds of both
alternate. Then: what each of our processes pays for a task, as the kernel counts it, and the raw agent figure beside
it: what a master and an agent alone take for a task that is a process of its own, `true` (as in ``agent.py``).
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from attrs import define, evolve, field
from pieces import Batch

from koinon_core.containers import CommandInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.offers import Offer
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskStatus
from koinon_frameworks import SchedulerCalls, run
from koinon_frameworks.executor import executor_info, file_at
from support.client_venv import client_python
from support.cluster import Cluster, Daemon, running_cluster

TASKS, ROUNDS, AGENTS, COMMANDS = 5_000, 3, 2, 400
WARMING = 20
NO_OP = Path(__file__).resolve().parents[1] / "tests" / "support" / "no_op_executor.py"
RESOURCES = "--resources=cpus:4;mem:4096;disk:4096;ports:[31000-31999]"
DASK = ("distributed==2026.8.0",)
DASK_ROUND = """
import json, sys, time
from dask.distributed import Client, LocalCluster
def no_op(number):
    return None
if __name__ == "__main__":
    tasks, workers, warming = map(int, sys.argv[1:])
    cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster) as client:
        client.gather(client.map(no_op, range(warming), pure=False))
        begin = time.perf_counter()
        client.gather(client.map(no_op, range(tasks), pure=False))
        print(json.dumps(tasks / (time.perf_counter() - begin)))
"""


@define
class Costs:
    """Seconds of CPU by process."""

    daemons: list[Daemon]
    seconds: dict[str, float] = field(factory=dict)
    _begin: dict[str, float] = field(factory=dict)

    def begin(self) -> None:
        """From now on it counts."""
        self._begin = self._look()

    def end(self) -> None:
        """Up to now it counted."""
        self.seconds = {name: used - self._begin.get(name, 0.0) for name, used in self._look().items()}

    def _look(self) -> dict[str, float]:
        used = {"scheduler": time.process_time(), "master": 0.0, "agents": 0.0, "executors": 0.0}
        for daemon in self.daemons:
            used["master" if daemon.name.startswith("master") else "agents"] += daemon.cpu_seconds
            for child in psutil.Process(daemon.process.pid).children(recursive=True):
                if str(NO_OP) in child.cmdline():
                    times = child.cpu_times()
                    used["executors"] += times.user + times.system
        return used


class TimedBatch(Batch):
    """Some pieces to warm up, and then the rest, by the clock."""

    def __init__(self, tasks: int, executor: ExecutorInfo, costs: Costs) -> None:
        super().__init__([b""] * (WARMING + tasks), executor)
        self.costs = costs
        self.rest = [self.waiting.pop() for _ in range(tasks)]
        self.begun = self.ended = 0.0

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        """Start the clock once all is warm, and stop it with the last."""
        if len(self.results) == len(self.pieces) - 1 and status.state.is_terminal:
            self.ended = time.perf_counter()
            self.costs.end()
        await super().update(driver, status)
        if self.rest and len(self.results) >= WARMING:
            self.waiting.extend(self.rest)
            self.rest = []
            self.costs.begin()
            self.begun = time.perf_counter()
            await driver.revive()


class CommandBatch(TimedBatch):
    """The same, with a process for each task."""

    def task(self, piece: int, offer: Offer) -> TaskInfo:
        """No executor, and a command that ends at once."""
        return evolve(super().task(piece, offer), executor=None, command=CommandInfo(value="true"))


def run_ours(cluster: Cluster, tasks: int, kind: type[TimedBatch] = TimedBatch) -> tuple[float, dict[str, float]]:
    """Tasks a second, and milliseconds of CPU a task by process."""
    costs = Costs([*cluster.masters, *cluster.agents])
    executor = executor_info("no-op", file_at(str(NO_OP), python=sys.executable))
    batch = kind(tasks, executor, costs)
    run(batch, FrameworkInfo(user="root", name="batch"), f"127.0.0.1:{cluster.masters[0].port}")
    if len(batch.results) < len(batch.pieces):
        raise RuntimeError(batch.problem or "the batch did not end")
    return tasks / (batch.ended - batch.begun), {
        name: 1000 * seconds / tasks for name, seconds in costs.seconds.items()
    }


def run_dask(tasks: int, workers: int) -> float:
    """Tasks a second of dask.distributed."""
    argv = [str(client_python("dask", *DASK)), "-c", DASK_ROUND, str(tasks), str(workers), str(WARMING)]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


def with_cluster(agents: int, work: Callable[[Cluster], None]) -> None:
    """Do it on a fresh cluster."""
    with running_cluster() as cluster:
        cluster.add_master()
        for _ in range(agents):
            cluster.add_agent(RESOURCES)
        cluster.wait_agents(agents)
        work(cluster)


def measure(cluster: Cluster, tasks: int, rounds: int) -> None:
    """Both, in turn."""
    ours, theirs, costs = [], [], []
    for _ in range(rounds):
        theirs.append(run_dask(tasks, len(cluster.agents)))
        rate, cost = run_ours(cluster, tasks)
        ours.append(rate)
        costs.append(cost)
        parts = ", ".join(f"{name} {each:.2f}" for name, each in cost.items())
        print(f"dask {theirs[-1]:.0f}/s; ours {rate:.0f}/s, ms of CPU a task: {parts}", flush=True)
    a, b = statistics.median(theirs), statistics.median(ours)
    print(f"{tasks} no-ops: dask {a:.0f}/s, ours {b:.0f}/s, ours / dask {b / a:.2f} (wanted: 2)")
    medians = {name: statistics.median(cost[name] for cost in costs) for name in costs[0]}
    parts = ", ".join(f"{name} {each:.2f}" for name, each in medians.items())
    print(f"ms of CPU a task: {parts}; {sum(medians.values()):.2f} in all")


def measure_raw(cluster: Cluster) -> None:
    """The agent without executors of the framework's own."""
    rate, cost = run_ours(cluster, COMMANDS, CommandBatch)
    parts = f"{cost['master']:.2f} of the master, {cost['agents']:.2f} of the agent"
    print(f"raw, a task that is a process: {rate:.0f}/s; ms of CPU a task: {parts}")


def main() -> None:
    """Run what the command line says."""
    given = [int(word) for word in sys.argv[1:]]
    tasks, rounds, agents = [*given, *(TASKS, ROUNDS, AGENTS)[len(given) :]]
    with_cluster(agents, lambda cluster: measure(cluster, tasks, rounds))
    with_cluster(1, measure_raw)


if __name__ == "__main__":
    main()
