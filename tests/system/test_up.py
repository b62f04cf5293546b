"""``koinon up``: a whole cluster in one command, gone without a trace on Ctrl-C, back on its work dir."""

import signal
import sys
from functools import partial
from pathlib import Path

import docker
import psutil
import pytest
import requests

from support.cluster import find_beneath
from support.docker_engine import docker_url, remove_containers
from support.ports import reserve_ports, reserve_run
from support.processes import Child
from support.waiting import is_listening, wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
EXAMPLES = Path(__file__).parents[2] / "examples"


def start(work_dir: Path, ports: list[int], log: Path, *more: str) -> Child:
    """``koinon up`` on ports of this test's own."""
    argv = [sys.executable, "-m", "koinon_cli", "up", f"--work-dir={work_dir}", f"--master-port={ports[0]}"]
    argv += [f"--agent-port={ports[1]}", f"--marathon-port={ports[3]}", *more]
    return Child(argv, log, {"DOCKER_HOST": docker_url()})


def ask_web(marathon: str) -> str | None:
    """What the container of /web answers, wherever it runs now; None while it does not.

    Asked anew each time: a Marathon that was just started still shows tasks of its former life.
    """
    try:
        tasks = requests.get(f"{marathon}/v2/apps/web/tasks", timeout=5).json().get("tasks", ())
        running = [task for task in tasks if task["state"] == "TASK_RUNNING"]
        return requests.get(f"http://127.0.0.1:{running[0]['ports'][0]}/", timeout=5).text if running else None
    except (requests.RequestException, ValueError):
        return None


def test_up_serves_ends_and_comes_back(
    docker_engine: docker.DockerClient, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The app answers from its container; Ctrl-C leaves nothing behind; the second start has the app without a POST."""
    work_dir = tmp_path / "work"
    request.addfinalizer(lambda: remove_containers(find_beneath(docker_engine, work_dir)))
    (master, last), pair = reserve_ports(2), reserve_run(2)
    ports = [master, pair, pair + 1, last]
    marathon = f"http://127.0.0.1:{ports[3]}"

    for attempt, more in enumerate([("--app", str(EXAMPLES / "web.json")), ()]):
        with start(work_dir, ports, tmp_path / f"up-{attempt}.log", *more) as up:
            answer = wait_until(partial(ask_web, marathon), f"answer from the container at start {attempt}", 60)
            children = psutil.Process(up.pid).children(recursive=True)
            up.send(signal.SIGINT)

            assert "served by web" in answer
            assert 0 == up.wait_exit(60)
        assert [] == find_beneath(docker_engine, work_dir)
        assert not any(child.is_running() for child in children)
        assert not any(is_listening(port) for port in ports)
