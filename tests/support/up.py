"""A cluster as ``koinon up`` starts it, for tests that look at it as its user does."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import requests
from attrs import frozen
from docker.models.containers import Container

from support.cluster import find_beneath
from support.docker_engine import docker_url, remove_containers
from support.ports import reserve_port, reserve_run, reserve_task_ports
from support.processes import Child

AGENT_SHARE = "cpus:4;mem:2048;disk:4096"


@frozen
class UpCluster:
    """Where its daemons answer, and what it keeps where."""

    master: str
    marathon: str
    work_dir: Path
    engine: docker.DockerClient

    def ask_master(self, path: str) -> Any:
        """The JSON at a path of the master."""
        return _read(f"{self.master}{path}")

    def ask_marathon(self, path: str) -> Any:
        """The JSON at a path of Marathon."""
        return _read(f"{self.marathon}{path}")

    def order(self, method: str, path: str, body: Any = None) -> None:
        """Have Marathon do something. Raises what requests raises."""
        requests.request(method, f"{self.marathon}{path}", json=body, timeout=10).raise_for_status()

    def has_settled(self) -> bool:
        """Whether no deployment is under way."""
        return bool(self.ask_marathon("/v2/deployments") == [])

    def containers(self) -> list[Container]:
        """What of it the engine has running."""
        return [each for each in find_beneath(self.engine, self.work_dir) if each.status == "running"]


@contextmanager
def running_up(work_dir: Path, engine: docker.DockerClient, agents: int) -> Iterator[UpCluster]:
    """As many agents, each on a rack of its own: rack-1 on 127.0.0.1 and so on; all its containers go at the end."""
    master, marathon, first, task_ports = reserve_port(), reserve_port(), reserve_run(agents), reserve_task_ports()
    argv = [sys.executable, "-m", "koinon_cli", "up", f"--agents={agents}", f"--work-dir={work_dir / 'up'}"]
    argv += [f"--master-port={master}", f"--agent-port={first}", f"--marathon-port={marathon}"]
    argv += ["--containerizers=docker,process", f"--resources={AGENT_SHARE};{task_ports}"]
    cluster = UpCluster(f"http://127.0.0.1:{master}", f"http://127.0.0.1:{marathon}", work_dir / "up", engine)
    with Child(argv, work_dir / "up.log", {"DOCKER_HOST": docker_url()}) as child:
        try:
            child.wait_line("Ctrl-C ends it", 60)
            yield cluster
        finally:
            # Many a container heeds no SIGTERM, and would have its agent wait for seconds.
            remove_containers(find_beneath(engine, cluster.work_dir))
            child.send(signal.SIGINT)
            child.wait_exit(60)
            remove_containers(find_beneath(engine, cluster.work_dir))
            task_ports.release()


def _read(url: str) -> Any:
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.json()
