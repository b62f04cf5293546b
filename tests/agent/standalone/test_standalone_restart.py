"""Containers without a parent and the death of their agent: a real one is killed and comes back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from uuid import uuid4

import pytest

from fakes.agent_process import AgentProcess
from support.waiting import wait_until

pytestmark = pytest.mark.slow
RUN = uuid4().hex
NAMES = ("before", "meanwhile", "lives", "stays")
SCRIPT = "echo $$ > pid; trap 'exit 7' USR1; while true; do sleep 0.02; done"


@pytest.fixture
def agent(tmp_path: Path, free_port: int) -> Iterator[AgentProcess]:
    """An agent that finds no master, and needs none; what it leaves behind is killed."""
    process = AgentProcess(tmp_path / "agent", free_port)
    yield process
    process.child.kill()
    for file in process.work_dir.glob("containers/*/pid"):
        with suppress(ProcessLookupError):
            os.kill(int(file.read_text()), signal.SIGKILL)


def own(name: str) -> dict[str, Any]:
    """The body of a call about one. Its group of the kernel has its name: no other run of this test may have it."""
    return {"container_id": {"value": f"{name}-{RUN}"}}


def running(agent: AgentProcess) -> set[str] | None:
    """Those that run; None before the agent knows."""
    try:
        agent.call("LAUNCH_CONTAINER", own("refused"))
    except HTTPError as error:
        if error.code == 503:
            return None
    except URLError:
        return None
    containers = agent.call("GET_CONTAINERS", {"show_standalone": True})["containers"]
    return {one["container_id"]["value"].removesuffix(f"-{RUN}") for one in containers}


def pid_of(agent: AgentProcess, name: str) -> int:
    """The process of one, as soon as it is there to be told of."""
    file = agent.work_dir / "containers" / f"{name}-{RUN}" / "pid"
    return wait_until(lambda: (file.exists() and int(file.read_text() or 0)) or None, f"the pid of {name}")


def test_they_outlive_their_agent(agent: AgentProcess) -> None:
    """Killed at work, it takes up what runs, learns how what ended meanwhile did, and still knows what ended before."""
    agent.start("--containerizers=process")
    wait_until(lambda: running(agent) is not None or None, "the agent")
    for name in NAMES:
        agent.call("LAUNCH_CONTAINER", own(name) | {"command": {"value": SCRIPT}})
    pids = {name: pid_of(agent, name) for name in NAMES}
    agent.call("KILL_CONTAINER", own("before"))
    before = agent.call("WAIT_CONTAINER", own("before"))
    agent.child.kill()
    os.kill(pids["meanwhile"], signal.SIGUSR1)
    agent.start("--containerizers=process")
    found = wait_until(lambda: running(agent), "the agent again")
    ends = {name: agent.call("WAIT_CONTAINER", own(name)) for name in ("before", "meanwhile")}
    agent.call("KILL_CONTAINER", own("lives") | {"signal": int(signal.SIGUSR1)})
    ends["lives"] = agent.call("WAIT_CONTAINER", own("lives"))
    agent.call("REMOVE_CONTAINER", own("lives"))
    agent.call("KILL_CONTAINER", own("stays"))
    agent.call("WAIT_CONTAINER", own("stays"))
    left = {path.name.removesuffix(f"-{RUN}") for path in (agent.work_dir / "containers").iterdir()}

    assert {"lives", "stays"} == found
    assert (9, before, 7 << 8, 7 << 8) == (
        before["exit_status"],
        ends["before"],
        ends["meanwhile"]["exit_status"],
        ends["lives"]["exit_status"],
    )
    assert {"before", "meanwhile", "stays"} == left
