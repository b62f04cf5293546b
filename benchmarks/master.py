"""What does one master take, and how long does a scheduler wait for it? With simulated agents over real links.

    ./dev bench master [offers|burst|churn|storm|idle ...]     (all of them)

- offers: from SUBSCRIBE to the first offers, and from a task's end, a decline, a revival to the next offer, beside a
  genuine Mesos with as many agents, if KOINON_ORACLE names one (host:port, or several with commas between them);
- burst: 20,000 tasks launched on 1,000 agents as fast as they are taken, and `/state` with all of them;
- churn: 20,000 tasks, four at once on each of 1,000 agents, from offer to acknowledged end;
- storm: the agents of the burst return all at once to a master that has just begun to lead;
- idle: what 1,000 agents cost while nothing happens.

The master has a process to itself, and so have the agents; the scheduler is this one. All tasks report three states,
each acknowledged before the next, as tasks do.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import orjson
import requests
import uvloop
from attrs import define, field

from support.cluster import Cluster, Daemon, running_cluster
from support.lean_scheduler import FOREVER, Json, LeanScheduler
from support.processes import Child

AGENTS, TASKS = 1000, 20_000
SIZES = (1, 100, 1000)
ROUNDS = 15
PIECE = [
    {"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.1}},
    {"name": "mem", "type": "SCALAR", "scalar": {"value": 32}},
]
AT_ONCE = 4
IDLE_SECONDS = 20.0
TASK_SECONDS = 0.1
PATIENCE = 120.0


@define
class Bed:
    """One master with its crowd of agents."""

    cluster: Cluster
    master: Daemon
    crowd: Child

    def get(self, path: str) -> bytes:
        """A body as it came."""
        answer = requests.get(self.master.url + path, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.content


@contextmanager
def bed(agents: int, run_seconds: float | None, resources: str) -> Iterator[Bed]:
    """A master, and a crowd that is registered with it."""
    with running_cluster() as cluster:
        master = cluster.add_master("--zk_session_timeout=10secs")
        cluster.leading_master()
        log = cluster.folder / "crowd.log"
        seconds = "" if run_seconds is None else str(run_seconds)
        argv = [sys.executable, "-m", "support.link_crowd", master.url, str(agents), seconds, resources]
        with Child(argv, log) as crowd:
            try:
                crowd.wait_line("^registered 1$", PATIENCE)
                yield Bed(cluster, master, crowd)
            except TimeoutError as error:
                raise TimeoutError(f"{error}\n{cluster.story()}") from error


# Offers


@define
class Latencies:
    """Seconds, a list for each kind of wait."""

    first_offers: list[float] = field(factory=list)
    after_end: list[float] = field(factory=list)
    after_decline: list[float] = field(factory=list)
    after_revival: list[float] = field(factory=list)


async def wait_for(scheduler: LeanScheduler, wanted: str) -> Json:
    """The next event of a kind; updates on the way are acknowledged."""
    async with asyncio.timeout(PATIENCE):
        while True:
            kind, event = await scheduler.events.get()
            if kind == "UPDATE":
                scheduler.acknowledge(event["status"])
            if kind == wanted:
                return event


async def gather_offers(scheduler: LeanScheduler, count: int) -> list[Json]:
    """That many offers."""
    offers: list[Json] = []
    while len(offers) < count:
        offers += (await wait_for(scheduler, "OFFERS"))["offers"]
    return offers


async def teardown(scheduler: LeanScheduler) -> None:
    """End the framework."""
    scheduler.call({"type": "TEARDOWN"})
    await asyncio.sleep(0.2)


async def time_subscribing(host: str, port: int) -> float:
    """Seconds from SUBSCRIBE to the first offers."""
    begin = time.perf_counter()
    async with LeanScheduler(host, port) as scheduler:
        await wait_for(scheduler, "OFFERS")
        seconds = time.perf_counter() - begin
        await teardown(scheduler)
    return seconds


async def time_end(scheduler: LeanScheduler, offer: Json) -> tuple[float, Json]:
    """Seconds from the news of a task's end to the offer of what it had; and that offer."""
    task = scheduler.task(offer, offer["resources"], f"sleep {TASK_SECONDS}")
    scheduler.call(scheduler.accept(offer, [task], FOREVER))
    while (await wait_for(scheduler, "UPDATE"))["status"]["state"] != "TASK_FINISHED":
        pass
    begin = time.perf_counter()
    (again,) = await gather_offers(scheduler, 1)
    return time.perf_counter() - begin, again


async def time_decline(scheduler: LeanScheduler, offer: Json, number: int) -> tuple[float, Json]:
    """Seconds from a DECLINE with the shortest of filters to the next offer."""
    # Not always at the same distance from a tick.
    await asyncio.sleep(number / ROUNDS)
    begin = time.perf_counter()
    scheduler.call({"type": "DECLINE", "decline": {"offer_ids": [offer["id"]], "filters": {"refuse_seconds": 0.01}}})
    (again,) = await gather_offers(scheduler, 1)
    return time.perf_counter() - begin, again


async def time_revival(scheduler: LeanScheduler, offer: Json) -> tuple[float, Json]:
    """Seconds from a REVIVE to the offer of what was declined for long before."""
    scheduler.call({"type": "DECLINE", "decline": {"offer_ids": [offer["id"]], "filters": FOREVER}})
    await asyncio.sleep(0.05)
    begin = time.perf_counter()
    scheduler.call({"type": "REVIVE", "revive": {}})
    (again,) = await gather_offers(scheduler, 1)
    return time.perf_counter() - begin, again


async def measure_offers(host: str, port: int, agents: int) -> Latencies:
    """All waits of one master."""
    found = Latencies()
    for _ in range(ROUNDS):
        found.first_offers.append(await time_subscribing(host, port))
    async with LeanScheduler(host, port) as scheduler:
        offer = (await gather_offers(scheduler, agents))[0]
        for number in range(ROUNDS):
            seconds, offer = await time_end(scheduler, offer)
            found.after_end.append(seconds)
            seconds, offer = await time_decline(scheduler, offer, number)
            found.after_decline.append(seconds)
            seconds, offer = await time_revival(scheduler, offer)
            found.after_revival.append(seconds)
        await teardown(scheduler)
    return found


def find_genuine() -> dict[int, tuple[str, int]]:
    """The genuine masters, by how many agents they have."""
    found = {}
    for address in filter(None, os.environ.get("KOINON_ORACLE", "").split(",")):
        host, _, port = address.rpartition(":")
        snapshot = requests.get(f"http://{address}/metrics/snapshot", timeout=PATIENCE).json()
        found[int(snapshot["master/slaves_active"])] = (host, int(port))
    return found


def show_waits(agents: int, ours: Latencies, genuine: Latencies | None) -> None:
    """Print the medians, the worst, and how they compare."""
    for name in ("first_offers", "after_end", "after_decline", "after_revival"):
        mine: list[float] = getattr(ours, name)
        line = f"{agents:5} agents  {name:14} ours {text(mine)}"
        if genuine is not None:
            theirs: list[float] = getattr(genuine, name)
            line += f"  Mesos {text(theirs)}  Mesos / ours {statistics.median(theirs) / statistics.median(mine):.1f}"
        print(line, flush=True)


def text(seconds: list[float]) -> str:
    """Median and worst, in milliseconds."""
    return f"median {statistics.median(seconds) * 1000:7.1f} worst {max(seconds) * 1000:7.1f} ms"


async def bench_offers() -> None:
    """Print how long schedulers wait for offers, at each size."""
    genuine = find_genuine()
    if not genuine:
        print("no genuine Mesos given (KOINON_ORACLE=host:port): ratios left out")
    for agents in SIZES:
        theirs = None if agents not in genuine else await measure_offers(*genuine[agents], agents)
        with bed(agents, TASK_SECONDS, "cpus:4;mem:4096;disk:10240;ports:[31000-32000]") as ours:
            show_waits(agents, await measure_offers("127.0.0.1", ours.master.port, agents), theirs)
            print(f"{agents:5} agents  {ours.master.resident_mib:.0f} MiB resident in the master")


# Load


@define
class Load:
    """Launches tasks on whatever is offered, up to a number, and counts what is heard of them."""

    wanted: int
    ends_at: str
    scheduler: LeanScheduler | None = None
    launched: int = 0
    updates: int = 0
    reached: int = 0
    states: dict[str, int] = field(factory=dict)
    done: asyncio.Event = field(factory=asyncio.Event)

    def hear(self, kind: str, event: Json) -> None:
        """One event of the stream."""
        if self.scheduler is None:
            return
        if kind == "OFFERS":
            self.use(self.scheduler, event["offers"])
        elif kind == "UPDATE":
            status = event["status"]
            self.scheduler.acknowledge(status)
            self.updates += 1
            self.states[status["state"]] = self.states.get(status["state"], 0) + 1
            if self.states.get(self.ends_at) == self.wanted:
                self.done.set()

    def use(self, scheduler: LeanScheduler, offers: list[Json]) -> None:
        """Fill offers with tasks, one ACCEPT each."""
        calls = []
        for offer in offers:
            cpus = sum(item["scalar"]["value"] for item in offer["resources"] if item["name"] == "cpus")
            count = min(round(cpus * 10), self.wanted - self.launched)
            self.launched += count
            if count > 0:
                tasks = [scheduler.task(offer, PIECE) for _ in range(count)]
                calls.append(scheduler.accept(offer, tasks, FOREVER))
        scheduler.call(*calls)


async def run_load(found: Bed, wanted: int, ends_at: str) -> None:
    """Carry a load through and print what it cost."""
    load = Load(wanted, ends_at)
    cpu, memory = found.master.cpu_seconds, found.master.resident_mib
    scheduler = LeanScheduler("127.0.0.1", found.master.port, load.hear)
    load.scheduler = scheduler
    begin = time.perf_counter()
    async with scheduler:
        async with asyncio.timeout(PATIENCE):
            while not load.done.is_set():
                scheduler.check()
                await asyncio.sleep(0.02)
        seconds, used = time.perf_counter() - begin, found.master.cpu_seconds - cpu
        print(
            f"{wanted} tasks in {seconds:.1f} s: {wanted / seconds:.0f} launches/s, {load.updates / seconds:.0f}"
            f" updates/s; the master used {used / seconds:.0%} of a core, {used / wanted * 1000:.2f} ms a task"
            f" ({wanted / used:.0f} launches and {load.updates / used:.0f} updates a CPU second);"
            f" resident {memory:.0f} -> {found.master.resident_mib:.0f} MiB",
            flush=True,
        )


def show_document(found: Bed, path: str) -> None:
    """Print what a document costs that was never asked for, and what it costs again, beside orjson alone."""
    used = []
    for _ in range(3):
        begin, body = found.master.cpu_seconds, found.get(path)
        used.append(f"{(found.master.cpu_seconds - begin) * 1000:.0f}")
    document = orjson.loads(body)
    begin = time.process_time()
    orjson.dumps(document)
    alone = (time.process_time() - begin) * 1000
    print(f"{path} of {len(body) / 1e6:.1f} MB: {', '.join(used)} ms of CPU, the request and gzip included;", end=" ")
    print(f"orjson alone {alone:.0f} ms")


async def bench_burst() -> None:
    """Fill the cluster with tasks that run on."""
    with bed(AGENTS, None, f"cpus:{TASKS // AGENTS / 10};mem:4096") as found:
        print("burst: ", end="")
        await run_load(found, TASKS, "TASK_RUNNING")
        show_document(found, "/state")


async def bench_churn() -> None:
    """Have short tasks follow one another."""
    with bed(AGENTS, 0, f"cpus:{AT_ONCE / 10};mem:4096") as found:
        print("churn: ", end="")
        await run_load(found, TASKS, "TASK_FINISHED")


async def bench_storm() -> None:
    """Have all agents return to a new leader with all their tasks."""
    with bed(AGENTS, None, f"cpus:{TASKS // AGENTS / 10};mem:4096") as found:
        await run_load(found, TASKS, "TASK_RUNNING")
        found.master.kill()
        found.master.start()
        found.cluster.leading_master()
        begin = time.perf_counter()
        await asyncio.to_thread(found.crowd.wait_line, "^registered 2$", PATIENCE)
        seconds, used = time.perf_counter() - begin, found.master.cpu_seconds
        state = orjson.loads(found.get("/state"))
        known = sum(len(framework["tasks"]) for framework in state["frameworks"])
        shown = time.perf_counter() - begin
        print(
            f"storm: {len(state['slaves'])} agents and {known} tasks back after {seconds:.2f} s, in /state after"
            f" {shown:.2f} s (wanted: 10); {used:.1f} CPU seconds since the start,"
            f" {found.master.resident_mib:.0f} MiB resident"
        )


async def bench_idle() -> None:
    """Let nothing happen."""
    with bed(AGENTS, None, "cpus:4;mem:4096") as found:
        before = found.master.cpu_seconds
        await asyncio.sleep(IDLE_SECONDS)
        share = (found.master.cpu_seconds - before) / IDLE_SECONDS
        print(
            f"idle: {AGENTS} agents cost {share:.1%} of a core (wanted: 5 %),"
            f" {found.master.resident_mib:.0f} MiB resident"
        )


BENCHES: dict[str, Callable[[], Awaitable[None]]] = {
    "offers": bench_offers,
    "burst": bench_burst,
    "churn": bench_churn,
    "storm": bench_storm,
    "idle": bench_idle,
}


async def run(names: list[str]) -> None:
    """One after another."""
    for name in names:
        await BENCHES[name]()


def main() -> None:
    """Run what was asked for."""
    names = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        sys.exit(f"there is no {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(names))


if __name__ == "__main__":
    main()
