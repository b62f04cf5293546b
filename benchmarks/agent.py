"""What does an agent add to what its engine and kernel take? Containers and commands, beside the same made by hand.

    ./dev bench agent [containers|single|crowd|commands ...]     (all of them)

- containers: 50 are started, from ACCEPT to every TASK_RUNNING, then stopped and removed; host network and bridge;
- single: one container from ACCEPT to TASK_RUNNING;
- crowd: 200 run: what the agent takes meanwhile, and how soon it is back after a kill -9;
- commands: tasks without an image, against asyncio forking `true`; also those of a genuine Mesos, if KOINON_ORACLE
  names one (host:port).

By hand means create and start through the Engine API over one event loop, at what was its best number of calls at a
time in this run. Rounds of both alternate, so that the machine's mood falls on both; ratios are of medians. A master
and an agent of ours run beside a scheduler that costs next to nothing; CPU is that of both daemons, as the kernel
counts it.
"""

import asyncio
import os
import statistics
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import requests
import uvloop
from attrs import define, field

from koinon_agent.containerizer.docker.engine import Engine
from support.cluster import Cluster, Daemon, running_cluster
from support.docker_engine import BUSYBOX, docker_url
from support.lean_scheduler import FOREVER, Json, LeanScheduler

CONTAINERS, CROWD, COMMANDS = 50, 200, 400
ROUNDS, SINGLES = 3, 15
AT_ONCE = (4, 6, 8)
FORKS_AT_ONCE = 8
IDLE_SECONDS = 15.0
PATIENCE = 90.0
WAITING = "trap 'exit 0' TERM; sleep 100000 & wait"
"""A command that ends at once when asked."""
Times = list[float]
ENDED = ("TASK_FINISHED", "TASK_KILLED", "TASK_FAILED", "TASK_ERROR", "TASK_LOST", "TASK_DROPPED", "TASK_GONE")


def piece(cpus: float, mem: float) -> list[Json]:
    """Resources as a scheduler writes them."""
    return [
        {"name": name, "type": "SCALAR", "scalar": {"value": value}} for name, value in (("cpus", cpus), ("mem", mem))
    ]


@define
class ByHand:
    """The engine without an agent."""

    engine: Engine
    at_once: int = AT_ONCE[0]

    async def start(self, network: str) -> str:
        """Create and start one; its id."""
        body = {
            "Image": BUSYBOX,
            "Entrypoint": ["/bin/sh"],
            "Cmd": ["-c", WAITING],
            "HostConfig": {"NetworkMode": network, "CpuShares": 10, "Memory": 32 << 20},
        }
        made = await self.engine.call("POST", "/containers/create", {"name": f"raw-{uuid.uuid4()}"}, body)
        await self.engine.call("POST", f"/containers/{made['Id']}/start")
        return str(made["Id"])

    async def end(self, engine_id: str) -> None:
        """Stop and remove one."""
        await self.engine.call("POST", f"/containers/{engine_id}/stop", {"t": "5"})
        await self.engine.call("DELETE", f"/containers/{engine_id}", {"v": "1"})

    async def start_all(self, network: str, number: int = CONTAINERS) -> tuple[float, list[str]]:
        """Seconds for that many, and their ids."""
        ids: list[str] = []
        return await self._crowd(range(number), lambda _: self._note(ids, network)), ids

    async def end_all(self, ids: Iterable[str]) -> float:
        """Seconds for them all."""
        return await self._crowd(ids, self.end)

    async def wait_gone(self, label: str) -> None:
        """Until the engine holds no container of that label."""
        params = {"all": "1", "filters": orjson.dumps({"label": [label]}).decode()}
        while await self.engine.call("GET", "/containers/json", params):  # noqa: ASYNC110 as nobody tells
            await asyncio.sleep(0.05)

    async def calibrate(self) -> None:
        """Find the best number of calls at a time."""
        times = {}
        for at_once in AT_ONCE:
            self.at_once = at_once
            times[at_once], ids = await self.start_all("host", CONTAINERS // 2)
            await self.end_all(ids)
        self.at_once = min(times, key=lambda each: times[each])
        print(f"raw: best with {self.at_once} calls at a time of {AT_ONCE}")

    async def _note(self, ids: list[str], network: str) -> None:
        ids.append(await self.start(network))

    async def _crowd(self, items: Iterable[Any], work: Callable[[Any], Awaitable[None]]) -> float:
        waiting = iter(items)

        async def worker() -> None:
            for item in waiting:
                await work(item)

        begin = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(self.at_once)))
        return time.perf_counter() - begin


@define
class Desk:
    """A scheduler that launches on one agent and counts what is reported."""

    scheduler: LeanScheduler = field(init=False)
    states: dict[str, str] = field(factory=dict)
    offers: dict[str, Json] = field(factory=dict)
    _news: asyncio.Event = field(factory=asyncio.Event)

    @classmethod
    @asynccontextmanager
    async def at(cls, host: str, port: int) -> AsyncIterator["Desk"]:
        """Subscribed with a master."""
        desk = cls()
        async with LeanScheduler(host, port, desk.hear) as desk.scheduler:
            await desk.wait(lambda: desk.scheduler.framework_id)
            yield desk

    def hear(self, kind: str, event: Json) -> None:
        """Keep offers, acknowledge updates."""
        if kind == "OFFERS":
            self.offers |= {offer["id"]["value"]: offer for offer in event["offers"]}
        elif kind == "RESCIND":
            self.offers.pop(event["offer_id"]["value"], None)
        elif kind == "UPDATE":
            status = event["status"]
            self.scheduler.acknowledge(status)
            self.states[status["task_id"]["value"]] = status["state"]
        self._news.set()

    async def wait(self, look: Callable[[], Any]) -> Any:
        """Until something is so."""
        async with asyncio.timeout(PATIENCE):
            while not (found := look()):
                self._news.clear()
                await self._news.wait()
                self.scheduler.check()
        return found

    async def find_offer(self, cpus: float) -> Json:
        """One with so much; what comes too small is given back to grow."""
        while True:
            self.scheduler.call({"type": "REVIVE"})
            await self.wait(lambda: self.offers)
            offers, self.offers = list(self.offers.values()), {}
            if len(offers) == 1 and amount(offers[0], "cpus") >= cpus:
                return offers[0]
            ids = [offer["id"] for offer in offers]
            self.scheduler.call({"type": "DECLINE", "decline": {"offer_ids": ids, "filters": {"refuse_seconds": 0.05}}})

    async def launch(self, number: int, command: str, container: Json | None, state: str) -> tuple[float, list[str]]:
        """Seconds from ACCEPT until all are in that state, and the tasks' ids."""
        offer = await self.find_offer(0.01 * number)
        tasks = [
            self.scheduler.task(offer, piece(0.01, 32 if container else 1), command)
            | ({"container": container} if container else {})
            for _ in range(number)
        ]
        ids = [task["task_id"]["value"] for task in tasks]
        begin = time.perf_counter()
        self.scheduler.call(self.scheduler.accept(offer, tasks, FOREVER))
        await self.wait(lambda: all(self.states.get(each) in (state, *ENDED) for each in ids))
        seconds = time.perf_counter() - begin
        if wrong := {self.states[each] for each in ids} - {state}:
            raise RuntimeError(f"tasks are {wrong} instead of {state}")
        return seconds, ids

    async def kill(self, ids: Iterable[str]) -> None:
        """Until all have ended."""
        self.scheduler.call(*({"type": "KILL", "kill": {"task_id": {"value": each}}} for each in ids))
        await self.wait(lambda: all(self.states[each] in ENDED for each in ids))


def amount(offer: Json, name: str) -> float:
    """How much an offer has of something."""
    return float(sum(each["scalar"]["value"] for each in offer["resources"] if each["name"] == name))


def docker_container(network: str) -> Json:
    """A container as tasks describe it."""
    return {"type": "DOCKER", "docker": {"image": BUSYBOX, "network": network.upper()}}


def cpu_seconds(daemons: Iterable[Daemon]) -> float:
    """CPU time that daemons have used so far."""
    return sum(daemon.cpu_seconds for daemon in daemons)


def show(what: str, raw: list[float], ours: list[float], wanted: str, number: int = 1) -> None:
    """Print both medians and their ratio."""
    a, b = statistics.median(raw), statistics.median(ours)
    print(f"{what}: raw {a:.3f} s, ours {b:.3f} s ({number / b:.1f}/s); raw / ours {a / b:.2f} (wanted: {wanted})")


@define
class Bed:
    """All that measures."""

    cluster: Cluster
    hand: ByHand
    desk: Desk

    @property
    def daemons(self) -> list[Daemon]:
        """Those whose CPU counts."""
        return [*self.cluster.masters, *self.cluster.agents]


async def measure_containers(bed: Bed) -> None:
    """Start, stop and remove many."""
    await bed.hand.calibrate()
    for network in ("host", "bridge"):
        raw_start, raw_end, our_start, our_end, cpu = Times(), Times(), Times(), Times(), []
        for _ in range(ROUNDS):
            seconds, engine_ids = await bed.hand.start_all(network)
            raw_start.append(seconds)
            raw_end.append(await bed.hand.end_all(engine_ids))
            before = cpu_seconds(bed.daemons)
            seconds, ids = await bed.desk.launch(CONTAINERS, WAITING, docker_container(network), "TASK_RUNNING")
            our_start.append(seconds)
            used = cpu_seconds(bed.daemons) - before
            begin = time.perf_counter()
            await bed.desk.kill(ids)
            await bed.hand.wait_gone(f"koinon.framework={bed.desk.scheduler.framework_id['value']}")
            our_end.append(time.perf_counter() - begin)
            cpu.append((used, cpu_seconds(bed.daemons) - before - used))
        show(f"{network}: start {CONTAINERS}", raw_start, our_start, "0.95", CONTAINERS)
        show(f"{network}: stop and remove {CONTAINERS}", raw_end, our_end, "0.90", CONTAINERS)
        start, end = (1000 * statistics.median(each) / CONTAINERS for each in zip(*cpu, strict=True))
        print(
            f"{network}: master and agent take {start:.1f} ms of CPU to start one, {end:.1f} ms to end it (wanted: 10)"
        )


async def measure_single(bed: Bed) -> None:
    """One by one."""
    raw, ours = Times(), Times()
    for _ in range(SINGLES):
        begin = time.perf_counter()
        engine_id = await bed.hand.start("host")
        raw.append(time.perf_counter() - begin)
        await bed.hand.end(engine_id)
        seconds, ids = await bed.desk.launch(1, WAITING, docker_container("host"), "TASK_RUNNING")
        ours.append(seconds)
        await bed.desk.kill(ids)
    show("one container", raw, ours, f"{1 / 1.15:.2f}")


async def measure_crowd(bed: Bed) -> None:
    """Idle with many, and back after a kill."""
    (agent,), (master,) = bed.cluster.agents, bed.cluster.masters
    _, ids = await bed.desk.launch(CROWD, WAITING, docker_container("host"), "TASK_RUNNING")
    await asyncio.sleep(5)
    before = cpu_seconds([agent])
    await asyncio.sleep(IDLE_SECONDS)
    share = (cpu_seconds([agent]) - before) / IDLE_SECONDS
    rss = agent.resident_mib
    print(f"{CROWD} containers: {share:.1%} of a core idle (wanted: 3 %), {rss:.0f} MiB resident (wanted: 150)")
    agent.kill()
    begin, wall = time.perf_counter(), time.time()
    agent.start()
    while True:
        answer = await asyncio.to_thread(requests.get, f"{master.url}/slaves", timeout=10)
        if any(each.get("reregistered_time", 0) > wall and each["active"] for each in answer.json()["slaves"]):
            break
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - begin
    print(f"restart with {CROWD} containers: in service after {seconds:.2f} s (wanted: 3)")
    await bed.desk.kill(ids)


async def fork_all() -> float:
    """Seconds for that many `true`, forked by asyncio."""

    async def worker(number: int) -> None:
        for _ in range(number):
            await (await asyncio.create_subprocess_exec("true")).wait()

    begin = time.perf_counter()
    await asyncio.gather(*(worker(COMMANDS // FORKS_AT_ONCE) for _ in range(FORKS_AT_ONCE)))
    return time.perf_counter() - begin


async def measure_commands(bed: Bed) -> None:
    """Commands without an image."""
    raw, ours, theirs, used = Times(), Times(), Times(), Times()
    for _ in range(ROUNDS):
        raw.append(await fork_all())
        before = cpu_seconds(bed.daemons)
        ours.append((await bed.desk.launch(COMMANDS, "true", None, "TASK_FINISHED"))[0])
        used.append(cpu_seconds(bed.daemons) - before)
    show(f"{COMMANDS} commands", raw, ours, "0.50", COMMANDS)
    print(f"commands: master and agent take {1000 * statistics.median(used) / COMMANDS:.1f} ms of CPU for each")
    if not (genuine := os.environ.get("KOINON_ORACLE")):
        print("no genuine Mesos given (KOINON_ORACLE=host:port): left out")
        return
    host, _, port = genuine.partition(":")
    async with Desk.at(host, int(port)) as their_desk:
        for _ in range(ROUNDS):
            # It has the cpus of this machine alone, and an executor takes 32 MB beside its task.
            theirs.append((await their_desk.launch(COMMANDS // 10, "true", None, "TASK_FINISHED"))[0] * 10)
    show(f"{COMMANDS} commands of a genuine Mesos, by {COMMANDS // 10}", raw, theirs, "-", COMMANDS)


PARTS = {
    "containers": measure_containers,
    "single": measure_single,
    "crowd": measure_crowd,
    "commands": measure_commands,
}


async def measure(wanted: Iterable[str]) -> None:
    """All that is wanted, on one cluster."""
    url = docker_url()
    hand = ByHand(Engine(url, max(AT_ONCE), 60.0))
    await hand.engine.start()
    with running_cluster(docker_url=url) as cluster:
        cluster.add_master()
        cluster.add_agent("--resources=cpus:64;mem:65536;disk:65536;ports:[31000-31999]")
        cluster.wait_agents(1)
        async with Desk.at("127.0.0.1", cluster.masters[0].port) as desk:
            for name in wanted:
                await PARTS[name](Bed(cluster, hand, desk))
    await hand.engine.stop()


def main() -> None:
    """Run what the command line names, or all."""
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := set(wanted) - set(PARTS):
        raise SystemExit(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(wanted))


if __name__ == "__main__":
    main()
