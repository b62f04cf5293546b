"""``koinon up``: a whole cluster in one command, gone without a trace on Ctrl-C, back on its work dir."""

import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import docker
import psutil
import pytest
import requests

from support.docker_engine import docker_url
from support.ports import reserve_ports
from support.processes import Child
from support.waiting import is_listening, wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
EXAMPLES = Path(__file__).parents[2] / "examples"


def start(work_dir: Path, ports: list[int], log: Path, *more: str) -> Child:
    """``koinon up`` on ports of this test's own."""
    argv = [sys.executable, "-m", "koinon_cli", "up", f"--work-dir={work_dir}", f"--master-port={ports[0]}"]
    argv += [f"--agent-port={ports[1]}", f"--marathon-port={ports[3]}", *more]
    return Child(argv, log, {"DOCKER_HOST": docker_url()})


def running_task(marathon: str) -> dict[str, Any] | None:
    """The running task of /web, or None."""
    try:
        tasks = requests.get(f"{marathon}/v2/apps/web/tasks", timeout=5).json().get("tasks", ())
    except (requests.RequestException, ValueError):
        return None
    return next((task for task in tasks if task["state"] == "TASK_RUNNING"), None)


def fetch(task: dict[str, Any]) -> str | None:
    """What the container's web server answers, or None while it does not."""
    try:
        return requests.get(f"http://127.0.0.1:{task['ports'][0]}/", timeout=5).text
    except requests.RequestException:
        return None


def names_of_containers(client: docker.DockerClient, work_dir: Path) -> list[str]:
    """Containers whose sandbox lies in the work dir, running or not."""
    found = client.containers.list(all=True, ignore_removed=True)
    return [
        str(container.name)
        for container in found
        if any(str(work_dir) in (mount.get("Source") or "") for mount in container.attrs.get("Mounts", ()))
    ]


def test_up_serves_ends_and_comes_back(docker_engine: docker.DockerClient, tmp_path: Path) -> None:
    """The app answers from its container; Ctrl-C leaves nothing behind; the second start has the app without a POST."""
    work_dir = tmp_path / "work"
    first = reserve_ports(4)
    ports = [first[0], *_adjacent_pair(), first[3]]
    marathon = f"http://127.0.0.1:{ports[3]}"

    for attempt, more in enumerate([("--app", str(EXAMPLES / "web.json")), ()]):
        with start(work_dir, ports, tmp_path / f"up-{attempt}.log", *more) as up:
            task = wait_until(lambda: running_task(marathon), f"/web at start {attempt}\n{up.output}", 60)
            answer = wait_until(partial(fetch, task), "an answer from the container")
            children = psutil.Process(up.pid).children(recursive=True)
            up.send(signal.SIGINT)

            assert "served by web" in answer
            assert 0 == up.wait_exit(60)
        assert [] == names_of_containers(docker_engine, work_dir)
        assert not any(child.is_running() for child in children)
        assert not any(is_listening(port) for port in ports)


def _adjacent_pair() -> tuple[int, int]:
    """Two ports side by side, as two agents count up from the first."""
    seen: set[int] = set()
    while True:
        port = reserve_ports(1)[0]
        if port - 1 in seen:
            return port - 1, port
        seen.add(port)
