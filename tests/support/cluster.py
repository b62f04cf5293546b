"""A whole cluster of real daemons for tests: masters, agents and Marathons, each a process of its own.

Tests reach it as users do: over HTTP, through the engine's own list of containers, by signals to a daemon's pid.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import docker
import psutil
import requests
from attrs import define, field
from docker.models.containers import Container

from support.docker_engine import find_containers, remove_containers
from support.ports import TaskPorts, reserve_port, reserve_task_ports
from support.processes import Child
from support.waiting import wait_until

T = TypeVar("T")
TIMEOUT = 15.0
SESSION_TIMEOUT = 2
"""Seconds without a sign after which the quorum gives a leader up."""


@define
class Daemon:
    """One daemon: how it is started, where it answers, and its process now."""

    name: str
    argv: list[str]
    port: int
    log: Path
    child: Child | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def process(self) -> Child:
        """Its process. Raises RuntimeError before the first start."""
        if self.child is None:
            raise RuntimeError(f"{self.name} was never started")
        return self.child

    @property
    def cpu_seconds(self) -> float:
        """What its present process has used so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    @property
    def resident_mib(self) -> float:
        """Memory that its present process holds."""
        return float(psutil.Process(self.process.pid).memory_info().rss / 2**20)

    def start(self) -> None:
        """Start it, on whatever state it left."""
        self.child = Child(self.argv, self.log)

    def kill(self) -> None:
        """kill -9, and nothing else."""
        self.process.kill()

    def get(self, path: str) -> Any:
        """The JSON at a path. Raises what requests raises."""
        answer = requests.get(f"{self.url}{path}", timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()


@define
class Cluster:
    """Daemons that share one election URL and one scratch directory."""

    folder: Path
    quorum: str
    docker_url: str | None = None
    masters: list[Daemon] = field(factory=list)
    agents: list[Daemon] = field(factory=list)
    marathons: list[Daemon] = field(factory=list)
    _task_ports: list[TaskPorts] = field(factory=list)

    @property
    def master_url(self) -> str:
        """What agents and frameworks are told as their master."""
        return self.quorum.replace("PATH", "mesos")

    def add_master(self, *flags: str) -> Daemon:
        """Start one more master."""
        name, port = f"master-{len(self.masters)}", reserve_port()
        argv = [
            *("koinon_master", "--ip=127.0.0.1", f"--port={port}", f"--zk={self.master_url}", "--quorum=1"),
            *(f"--work_dir={self.folder / name}", f"--zk_session_timeout={SESSION_TIMEOUT}secs", *flags),
        ]
        return self._start(self.masters, name, argv, port)

    def add_agent(self, *flags: str) -> Daemon:
        """Start one more agent, on a rack of its own, with ports for tasks that no other cluster's agent offers."""
        number = len(self.agents)
        name, port = f"agent-{number}", reserve_port()
        self._task_ports.append(reserve_task_ports())
        argv = [
            *("koinon_agent", f"--master={self.master_url}", "--ip=127.0.0.1", f"--port={port}"),
            *(f"--work_dir={self.folder / name}", f"--attributes=rack:r{number + 1}", f"--hostname=host-{number + 1}"),
            f"--containerizers={'docker,process' if self.docker_url else 'process'}",
            f"--resources=cpus:4;mem:2048;disk:4096;{self._task_ports[-1]}",
            *([f"--docker_socket={self.docker_url}"] if self.docker_url else []),
            *flags,
        ]
        return self._start(self.agents, name, argv, port)

    def add_marathon(self, *flags: str) -> Daemon:
        """Start one more Marathon."""
        name, port = f"marathon-{len(self.marathons)}", reserve_port()
        argv = [
            *("koinon_marathon", f"--master={self.master_url}", f"--zk={self.quorum.replace('PATH', 'marathon')}"),
            *(
                "--http_address=127.0.0.1",
                f"--http_port={port}",
                "--hostname=127.0.0.1",
                f"--zk_session_timeout={1000 * SESSION_TIMEOUT}",
            ),
            *flags,
        ]
        return self._start(self.marathons, name, argv, port)

    def _start(self, kin: list[Daemon], name: str, argv: list[str], port: int) -> Daemon:
        daemon = Daemon(name, [sys.executable, "-m", *_override(argv)], port, self.folder / f"{name}.log")
        daemon.start()
        kin.append(daemon)
        return daemon

    def leading_master(self) -> Daemon:
        """The master that leads now; waits for one."""
        return self._wait(lambda: next(filter(_leads, self._running(self.masters)), None), "leading master")

    def leading_marathon(self, within: float = 30.0) -> Daemon:
        """The Marathon that leads now; waits for one."""

        def look() -> Daemon | None:
            for daemon in self._running(self.marathons):
                leader = _ask(daemon, "/v2/leader").get("leader")
                for candidate in self._running(self.marathons):
                    if leader == f"127.0.0.1:{candidate.port}" and _ask(candidate, "/v2/info").get("elected"):
                        return candidate
            return None

        return self._wait(look, "leading Marathon", within)

    def wait_agents(self, count: int) -> None:
        """Wait until the leading master knows that many active agents."""

        def look() -> bool:
            agents = _ask(self.leading_master(), "/slaves").get("slaves", ())
            return sum(bool(agent["active"]) for agent in agents) >= count

        self._wait(look, f"{count} registered agents")

    def post_app(self, app: dict[str, Any]) -> requests.Response:
        """POST to whichever Marathon runs; a standby passes it on."""
        return requests.post(f"{self.any_marathon().url}/v2/apps", json=app, timeout=TIMEOUT)

    def put_app(self, app_id: str, change: dict[str, Any]) -> requests.Response:
        """PUT part of an app."""
        return requests.put(f"{self.any_marathon().url}/v2/apps/{app_id}", json=change, timeout=TIMEOUT)

    def any_marathon(self) -> Daemon:
        """A running Marathon, not asking whether it leads."""
        return self._running(self.marathons)[-1]

    def running_tasks(self, app_id: str) -> list[dict[str, Any]]:
        """The tasks of an app that run, as Marathon tells it; none while no Marathon answers."""
        tasks = _ask(self.any_marathon(), f"/v2/apps/{app_id}/tasks").get("tasks", ())
        return [task for task in tasks if task["state"] == "TASK_RUNNING"]

    def wait_running(self, app_id: str, count: int, timeout: float = 60.0) -> list[dict[str, Any]]:
        """Wait until exactly that many tasks of an app run and no deployment is under way."""

        def look() -> list[dict[str, Any]] | None:
            tasks = self.running_tasks(app_id)
            settled = len(tasks) == count and _ask_list(self.any_marathon(), "/v2/deployments") == []
            return (tasks or [{}]) if settled else None

        return self._wait(look, f"{count} running tasks of {app_id}", timeout)

    def racks_of(self, tasks: Iterable[dict[str, Any]]) -> Counter[str]:
        """How many of these tasks stand on each rack."""
        agents = self.leading_master().get("/slaves")["slaves"]
        rack_of = {agent["id"]: agent["attributes"]["rack"] for agent in agents}
        return Counter(rack_of[task["slaveId"]] for task in tasks)

    def _wait(self, look: Callable[[], T | None], what: str, timeout: float = 30.0) -> T:
        try:
            return wait_until(look, what, timeout)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.story()}") from error

    def story(self) -> str:
        """What every daemon said last, for the failure's message."""
        parts = []
        for daemon in (*self.masters, *self.agents, *self.marathons):
            state = "running" if daemon.process.is_running else "ended"
            parts.append(f"--- {daemon.name} ({state})\n{daemon.process.output[-2000:]}")
        return "\n".join(parts)

    @staticmethod
    def _running(kin: list[Daemon]) -> list[Daemon]:
        return [daemon for daemon in kin if daemon.process.is_running]

    def stop(self) -> None:
        """End everything: agents with all that they run, while Marathons acknowledge it, then these, then masters."""
        for daemon in self._running(self.agents):
            daemon.process.send(signal.SIGUSR1)
        if self.docker_url:
            # Many a container heeds no SIGTERM, and would have its agent wait for seconds.
            remove_leftovers(self.docker_url, self)
        for daemon in self.agents:
            _end(daemon)
        for kin in (self.marathons, self.masters):
            for daemon in self._running(kin):
                daemon.process.send(signal.SIGTERM)
            for daemon in kin:
                _end(daemon)
        for ports in self._task_ports:
            ports.release()


def _override(argv: list[str]) -> list[str]:
    """Let a test's own flag stand in place of the cluster's, as no daemon takes one twice."""
    return list({argument.partition("=")[0]: argument for argument in argv}.values())


def _end(daemon: Daemon) -> None:
    """Wait for the end that was asked for; a daemon that does not come to it is killed."""
    try:
        daemon.process.wait_exit(20)
    except TimeoutError:
        daemon.kill()


def _ask(daemon: Daemon, path: str) -> dict[str, Any]:
    """The JSON object at a path, or an empty one while nobody answers there."""
    try:
        answer = requests.get(f"{daemon.url}{path}", timeout=TIMEOUT, allow_redirects=False)
        found = answer.json() if answer.ok and answer.status_code == requests.codes.ok else {}
    except (requests.RequestException, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _ask_list(daemon: Daemon, path: str) -> list[Any] | None:
    try:
        answer = requests.get(f"{daemon.url}{path}", timeout=TIMEOUT)
        found = answer.json() if answer.ok else None
    except (requests.RequestException, ValueError):
        return None
    return found if isinstance(found, list) else None


def _leads(daemon: Daemon) -> bool:
    return bool(_ask(daemon, "/state").get("elected_time"))


@contextmanager
def running_cluster(quorum: str | None = None, docker_url: str | None = None) -> Iterator[Cluster]:
    """An empty cluster to add daemons to.

    ``quorum`` is an election URL that holds PATH where the path goes; by default all elect by one SQLite file.
    """
    with tempfile.TemporaryDirectory(prefix="koinon-test-") as name:
        folder = Path(name)
        cluster = Cluster(folder, quorum or f"sqlite://{folder}/koinon.sqlite?path=/PATH", docker_url)
        try:
            yield cluster
        finally:
            cluster.stop()
            if docker_url:
                remove_leftovers(docker_url, cluster)


def remove_leftovers(docker_url: str, cluster: Cluster) -> None:
    """Remove containers of this cluster's agents, whether or not an agent is left to do so."""
    client = docker.DockerClient(base_url=docker_url)
    remove_containers(find_beneath(client, cluster.folder))
    client.close()


def find_beneath(client: docker.DockerClient, folder: Path) -> list[Container]:
    """Containers, running or not, whose sandbox lies beneath a folder."""
    return [
        container
        for container in find_containers(client)
        if any(str(folder) in (mount.get("Source") or "") for mount in container.attrs.get("Mounts", ()))
    ]


def containers_of(client: docker.DockerClient, cluster: Cluster) -> dict[str, str]:
    """Running containers of this cluster: name -> engine id and start time, so that a restart shows."""
    return {
        str(container.name): f"{container.id} {container.attrs['State']['StartedAt']}"
        for container in find_beneath(client, cluster.folder)
        if container.status == "running"
    }
