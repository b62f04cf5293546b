"""How soon does Marathon do what it is told? Beside Docker Swarm and the raw Engine API on the same engine.

    ./dev bench marathon [host|bridge ...]     (both networks)

Each question is put to all three in turn, ROUNDS times, so that the machine's mood falls on all; ratios are of medians.
The engine is one of our own in swarm mode. Who runs when is told by the engine's events, the same witness for all:
a start counts when the container runs, an end when its process is over.

By hand means create and start, or kill and remove, at eight calls at once; there is nobody who replaces a container.
Swarm and Marathon replace at once (no restart delay, no back-off), and roll ten at a time, the old ones ending first.
"""

import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

import docker
import requests
from attrs import define, field

from support.cluster import Cluster, running_cluster
from support.container_watch import LABEL, ContainerWatch, watched_containers
from support.docker_engine import BUSYBOX
from support.own_engine import own_engine
from support.swarm import Swarm, swarm_mode

MANY, FEW, MORE = 50, 10, 60
AT_ONCE = 10
CALLS = 8
ROUNDS = 3
COMMAND = ["/bin/sh", "-c", "trap 'exit 0' TERM; sleep 100000 & wait"]
"""Runs until it is asked to end, and ends at once then."""
WANTED = {
    "start 50": {"host": 1.0, "bridge": 0.85},
    "first of 50": {"host": 0.3, "bridge": 0.3},
    "start one": {"host": 0.6, "bridge": 0.6},
    "delete 50": {"host": 0.4, "bridge": 0.4},
    "10 to 60": {},
    "60 to 10": {"host": 0.4, "bridge": 0.4},
    "roll 50 by 10": {"host": 0.4, "bridge": 0.4},
    "replace a killed one": {"host": 0.6, "bridge": 0.6},
}
"""Ours / Swarm, at most."""


class Side(Protocol):
    """Who starts and ends containers."""

    name: str

    def start(self, label: str, count: int, network: str) -> None:
        """So many containers with that label."""

    def scale(self, label: str, count: int) -> None:
        """Another number of them."""

    def roll(self, label: str, new_label: str) -> None:
        """All of them anew, with another label."""

    def remove(self, label: str) -> None:
        """None of them; the label is the one they began with."""

    def settle(self) -> None:
        """Wait until nothing is under way."""


@define
class ByHand:
    """The Engine API and eight threads."""

    api: docker.APIClient
    network: str = ""
    name: str = "raw"

    def start(self, label: str, count: int, network: str) -> None:
        """Create and start."""
        self.network = network
        with ThreadPoolExecutor(CALLS) as pool:
            list(pool.map(lambda _: self._start_one(label), range(count)))

    def scale(self, label: str, count: int) -> None:
        """Add the missing or end the surplus."""
        ids = self._ids(label)
        if len(ids) < count:
            self.start(label, count - len(ids), self.network)
        self._end(ids[count:])

    def roll(self, label: str, new_label: str) -> None:
        """Ten by ten."""
        ids = self._ids(label)
        for first in range(0, len(ids), AT_ONCE):
            batch = ids[first : first + AT_ONCE]
            self._end(batch)
            self.start(new_label, len(batch), self.network)

    def remove(self, label: str) -> None:
        """All of the label and of those that followed it."""
        self._end([*self._ids(label), *self._ids(f"{label}-new")])

    def settle(self) -> None:
        """Every call has waited for its end."""

    def _ids(self, label: str) -> list[str]:
        return [str(each["Id"]) for each in self.api.containers(filters={"label": f"{LABEL}={label}"})]

    def _start_one(self, label: str) -> None:
        host = self.api.create_host_config(network_mode=self.network, cpu_shares=10, mem_limit=32 << 20)
        made = self.api.create_container(
            BUSYBOX, COMMAND[1:], entrypoint=COMMAND[:1], host_config=host, labels={LABEL: label}
        )
        self.api.start(made["Id"])

    def _end(self, ids: list[str]) -> None:
        def end(container: str) -> None:
            self.api.stop(container, timeout=5)
            self.api.remove_container(container)

        with ThreadPoolExecutor(CALLS) as pool:
            list(pool.map(end, ids))


@define
class BySwarm:
    """Services."""

    swarm: Swarm
    name: str = "swarm"

    def start(self, label: str, count: int, network: str) -> None:
        """Create a service."""
        self.swarm.start(label, count, COMMAND, network)

    def scale(self, label: str, count: int) -> None:
        """Update it."""
        self.swarm.scale(label, count)

    def roll(self, label: str, new_label: str) -> None:
        """Update it."""
        self.swarm.roll(label, new_label, AT_ONCE)

    def remove(self, label: str) -> None:
        """Remove it."""
        self.swarm.remove(label)

    def settle(self) -> None:
        """Swarm gives no sign of its own that would not cost it something: a moment's rest."""
        time.sleep(0.5)


@define
class ByMarathon:
    """Apps."""

    cluster: Cluster
    url: str
    name: str = "ours"
    _network: str = ""

    def start(self, label: str, count: int, network: str) -> None:
        """POST an app."""
        self._network = "host" if network == "host" else "container/bridge"
        requests.post(f"{self.url}/v2/apps", json=self._app(label, label, count), timeout=30).raise_for_status()

    def scale(self, label: str, count: int) -> None:
        """PUT another number of instances."""
        self._put(label, {"instances": count})

    def roll(self, label: str, new_label: str) -> None:
        """PUT another container."""
        self._put(label, {"container": self._container(new_label)})

    def remove(self, label: str) -> None:
        """DELETE it."""
        requests.delete(f"{self.url}/v2/apps/{label}", timeout=30).raise_for_status()

    def settle(self) -> None:
        """Until no deployment is under way."""
        while requests.get(f"{self.url}/v2/deployments", timeout=30).json():
            time.sleep(0.05)

    def _put(self, label: str, change: dict[str, Any]) -> None:
        requests.put(f"{self.url}/v2/apps/{label}", json=change, timeout=30).raise_for_status()

    def _app(self, name: str, label: str, count: int) -> dict[str, Any]:
        return {
            "id": name,
            "args": COMMAND,
            "cpus": 0.01,
            "mem": 32,
            "instances": count,
            "portDefinitions": [] if self._network == "host" else None,
            "networks": [{"mode": self._network}],
            "container": self._container(label),
            "backoffSeconds": 0,
            # Ten of fifty may be away at a time, and none runs on top.
            "upgradeStrategy": {"minimumHealthCapacity": 1 - AT_ONCE / MANY, "maximumOverCapacity": 0},
        }

    def _container(self, label: str) -> dict[str, Any]:
        docker_part = {"image": BUSYBOX, "parameters": [{"key": "label", "value": f"{LABEL}={label}"}]}
        mappings: list[Any] | None = None if self._network == "host" else []
        return {"type": "DOCKER", "docker": docker_part, "portMappings": mappings}


@define
class Figures:
    """Seconds by question, network and side."""

    seconds: dict[tuple[str, str], dict[str, list[float]]] = field(factory=dict)

    def note(self, question: str, network: str, side: str, seconds: float) -> None:
        """One more round."""
        self.seconds.setdefault((network, question), {}).setdefault(side, []).append(seconds)

    def show(self) -> None:
        """Print medians and ratios."""
        for (network, question), sides in self.seconds.items():
            medians = {name: statistics.median(rounds) for name, rounds in sides.items()}
            told = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in medians.items())
            ratio = medians["ours"] / medians["swarm"]
            wanted = WANTED[question].get(network)
            aim = "" if wanted is None else f" (wanted: at most {wanted})"
            print(f"{network}: {question}: {told}; ours / swarm {ratio:.2f}{aim}")


@define
class Round:
    """Every question put to one side once; nothing is left running."""

    side: Side
    watch: ContainerWatch
    network: str
    figures: Figures
    api: docker.APIClient
    one: str = field(init=False)
    many: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        name = uuid.uuid4().hex[:8]
        self.one, self.many = f"one-{name}", f"many-{name}"

    @property
    def new(self) -> str:
        """The label of the many once they have rolled."""
        return f"{self.many}-new"

    @property
    def handle(self) -> str:
        """What the side knows the many as: a scheduler by the first name, the engine by the label."""
        return self.new if self.side.name == "raw" else self.many

    def ask_all(self) -> None:
        """One after the other."""
        self._time("start one", lambda: self.side.start(self.one, 1, self.network), lambda: self._count(self.one) == 1)
        self._rest(lambda: self.side.remove(self.one), lambda: not self._count(self.one))
        self._start_many()
        self._time(
            "roll 50 by 10",
            lambda: self.side.roll(self.many, self.new),
            lambda: (self._count(self.many), self._count(self.new)) == (0, MANY),
        )
        if self.side.name != "raw":
            self._replace()
        self._rest(lambda: self._scale(FEW), lambda: self._count(self.new) == FEW)
        self._time("10 to 60", lambda: self._scale(MORE), lambda: self._count(self.new) == MORE)
        self._time("60 to 10", lambda: self._scale(FEW), lambda: self._count(self.new) == FEW)
        self._rest(lambda: self._scale(MANY), lambda: self._count(self.new) == MANY)
        self._time("delete 50", lambda: self.side.remove(self.many), lambda: not self._count(self.new))
        self.side.settle()

    def _start_many(self) -> None:
        begin = self._time(
            "start 50",
            lambda: self.side.start(self.many, MANY, self.network),
            lambda: self._count(self.many) == MANY,
        )
        self.figures.note("first of 50", self.network, self.side.name, self.watch.first_start[self.many] - begin)

    def _replace(self) -> None:
        """kill -9 of a container's process, as by accident."""
        victim, starts = self.watch.ids(self.new)[0], self.watch.starts
        self._time("replace a killed one", lambda: self.api.kill(victim), lambda: self.watch.starts > starts)

    def _scale(self, count: int) -> None:
        self.side.scale(self.handle, count)

    def _count(self, label: str) -> int:
        return self.watch.count(label)

    def _time(self, question: str, act: Callable[[], None], is_there: Callable[[], bool]) -> float:
        """Note how long it takes; returns when it began."""
        self.side.settle()
        begin = time.perf_counter()
        act()
        seconds = self.watch.wait(is_there, f"end of {self.side.name}: {question}") - begin
        self.figures.note(question, self.network, self.side.name, seconds)
        return begin

    def _rest(self, act: Callable[[], None], is_there: Callable[[], bool]) -> None:
        """What nobody asked, but must be done in between."""
        self.side.settle()
        act()
        self.watch.wait(is_there, f"end of {self.side.name}'s change in between")


@contextmanager
def marathon_on(url: str) -> Iterator[ByMarathon]:
    """A cluster of ours on the engine."""
    with running_cluster(docker_url=url) as cluster:
        cluster.add_master()
        cluster.add_agent("--resources=cpus:64;mem:16384;disk:65536;ports:[31000-31999]")
        cluster.add_marathon()
        cluster.wait_agents(1)
        yield ByMarathon(cluster, cluster.leading_marathon().url)


def main() -> None:
    """Run the rounds and print the figures."""
    networks = sys.argv[1:] or ["host", "bridge"]
    figures = Figures()
    with own_engine(keeps_containers=False, has_bridge=True) as engine:
        api = docker.APIClient(base_url=engine.url, timeout=60, num_pools=CALLS)
        with swarm_mode(engine.url) as swarm, watched_containers(engine.url) as watch, marathon_on(engine.url) as ours:
            sides: tuple[Side, ...] = (ByHand(api), BySwarm(swarm), ours)
            for network in networks:
                for _ in range(ROUNDS):
                    for side in sides:
                        Round(side, watch, network, figures, api).ask_all()
    figures.show()


if __name__ == "__main__":
    main()
