"""Other people's executors, unchanged, under a real master and a real agent."""

import re
import signal
from pathlib import Path
from typing import Any

import pytest

from support.client_venv import client_python
from support.cluster import Cluster
from support.processes import Child

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]
PYMESOS = ("pymesos==0.3.15", "addict==2.4.0", "six==1.17.0", "kazoo==2.11.0")
HERE = Path(__file__).parent


def used(agent: dict[str, Any]) -> tuple[float, float]:
    """What the master counts as used of an agent: cpus and mem."""
    return agent["used_resources"]["cpus"], agent["used_resources"]["mem"]


def test_pymesos_runs_many_tasks_in_one_executor(cluster: Cluster, tmp_path: Path) -> None:
    """PyPI's pymesos on both sides: launch, words both ways, kill, kill -9 of the agent, idleness, SHUTDOWN."""
    python = client_python("pymesos", *PYMESOS, plain={"http-parser==0.9.0": "http_parser"})
    (agent,) = cluster.agents
    address = cluster.leading_master().url.removeprefix("http://")
    command = f"exec {python} {HERE / 'pymesos_executor.py'}"
    argv = [str(python), str(HERE / "pymesos_executors_life.py"), address, command, str(7 << 8)]
    with Child(argv, tmp_path / "life.log") as life:
        life.wait_line("^ready to lose the agent")
        agent.kill()
        agent.start()
        life.send(signal.SIGUSR1)
        life.wait_line("^idle")
        (idle,) = cluster.leading_master().get("/slaves")["slaves"]
        life.send(signal.SIGUSR1)
        code = life.wait_exit(60)
        lost = [line for line in life.output.splitlines() if re.search("LOST|FAILED|DROPPED|error", line)]

    assert (0, []) == (code, lost), life.output
    assert (0.5, 64.0) == used(idle)
