"""Checks of a plain process by a real agent process that is killed and comes back meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from fakes.agent_bench import make_framework, make_task
from fakes.agent_process import AgentProcess
from fakes.fake_master import AGENT_ID, FakeMaster
from koinon_core.agent_link import AgentMessage, Register, RunTask, StatusUpdate
from koinon_core.containers import CommandInfo, Environment
from koinon_core.ids import Uuid
from koinon_core.tasks import CheckHttp, CheckInfo, CheckType, HealthCheck, TaskState, TaskStatus

pytestmark = pytest.mark.slow


@pytest.fixture
async def master(free_port: int) -> AsyncIterator[FakeMaster]:
    """A master that listens."""
    async with FakeMaster(free_port) as fake:
        yield fake


@pytest.fixture
def agent(tmp_path: Path, free_port: int) -> Iterator[AgentProcess]:
    """An agent of processes."""
    process = AgentProcess(tmp_path / "agent", free_port)
    yield process
    process.child.kill()


async def test_checks_go_on_after_a_restart(agent: AgentProcess, master: FakeMaster, tmp_path: Path) -> None:
    """What was told is not told again; a command that hangs is killed, counts as a failure, and ends the task."""
    switch = tmp_path / "switch"
    command = CommandInfo(
        value='if test -e "$SWITCH"; then echo $$ > "$SWITCH"; sleep 60; fi',
        environment=Environment.of({"SWITCH": str(switch)}),
    )
    health = HealthCheck(
        type=CheckType.COMMAND,
        command=command,
        delay_seconds=0.0,
        interval_seconds=0.2,
        timeout_seconds=0.4,
        consecutive_failures=1,
    )
    check = CheckInfo(type=CheckType.HTTP, http=CheckHttp(port=agent.port, path="/health"), delay_seconds=0.0)
    task = make_task("t", agent_id=AGENT_ID, health_check=health, check=check)
    agent.start("--containerizers=process")
    await master.wait(Register)
    await master.say(RunTask(framework=make_framework(), task=task))
    await master.wait(StatusUpdate, _tells_both)
    agent.child.kill()
    mark = len(master.heard)
    agent.start("--containerizers=process")
    await master.wait(Register, after=mark)
    switch.touch()
    end = await master.wait_state("t", TaskState.TASK_KILLED, after=mark)
    told = _updates(master.heard[mark:])
    known = _updates(master.heard[:mark])

    assert False is end.healthy
    assert "Health check failed (Command: timed out after 0.4 s)" in (end.message or "")
    assert [False, False] == [status.healthy for uuid, status in told.items() if uuid not in known]
    assert not _is_running(int(switch.read_text()))


def _updates(heard: Sequence[AgentMessage]) -> dict[Uuid | None, TaskStatus]:
    """Each update once, however often it was sent."""
    return {one.status.uuid: one.status for one in heard if isinstance(one, StatusUpdate)}


def _is_running(pid: int) -> bool:
    """Whether there is such a process."""
    return Path(f"/proc/{pid}").exists()


def _tells_both(update: StatusUpdate) -> bool:
    status = update.status
    answer = status.check_status.http if status.check_status is not None else None
    return status.healthy is True and answer is not None and answer.status_code is not None
