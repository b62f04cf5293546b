"""A real executor of a real agent under a fake master: protobuf, tokens, several tasks, a kill, SHUTDOWN."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from fakes.agent_bench import FRAMEWORK_ID, make_framework, make_task
from fakes.agent_process import AgentProcess
from fakes.fake_master import AGENT_ID, FakeMaster
from koinon_agent.containerizer.cgroups.hierarchies import find_folders, parse_groups, parse_hierarchies
from koinon_core.agent_link import (
    ExecutorExited,
    ExecutorMessage,
    FrameworkMessage,
    KillTask,
    Register,
    RunTask,
    ShutdownExecutor,
)
from koinon_core.containers import CommandInfo
from koinon_core.ids import ExecutorId, TaskId
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import ExecutorInfo, TaskState
from support.waiting import wait_until

SCRIPT = Path(__file__).parent / "line_reading_executor.py"
EXECUTOR = ExecutorInfo(
    executor_id=ExecutorId("lines"),
    command=CommandInfo(value=f"exec {sys.executable} {SCRIPT}"),
    resources=parse_resources("cpus:0.1;mem:64"),
)


def run(name: str, *, first: bool) -> RunTask:
    """A task of the executor."""
    task = make_task(name, agent_id=AGENT_ID, command=None, executor=EXECUTOR)
    return RunTask(framework=make_framework(), task=task, launches_executor=first)


def read_memory_limits(pid: int) -> tuple[int, int] | None:
    """The hard and the soft limit of a process's group in MB; None where the kernel's groups can't be written to."""
    groups = parse_groups(Path(f"/proc/{pid}/cgroup").read_text())
    folder = find_folders(parse_hierarchies(Path("/proc/self/mountinfo").read_text()), groups).get("memory")
    if folder is None or not os.access(folder, os.W_OK):
        return None
    hard, soft = ((folder / f"memory.{kind}_in_bytes").read_text() for kind in ("limit", "soft_limit"))
    return int(hard) >> 20, int(soft) >> 20


@pytest.mark.slow
async def test_an_executor_that_reads_lines_lives_its_life(tmp_path: Path, free_port: int) -> None:
    """It shows its token, runs two tasks, hears and answers, kills one, and ends by the agent's word."""
    (tmp_path / "key").write_text("a secret of more than thirty-two bytes\n")
    agent = AgentProcess(tmp_path / "agent", free_port)
    async with FakeMaster(free_port) as master:
        agent.start("--authenticate_http_executors", f"--jwt_secret_key={tmp_path / 'key'}")
        try:
            await master.wait(Register)
            await master.say(run("a", first=True), run("b", first=False))
            running = [await master.wait_state(name, TaskState.TASK_RUNNING) for name in ("a", "b")]
            pid = next(status.container_status.executor_pid for status in running if status.container_status)
            assert pid is not None
            grown = read_memory_limits(pid)
            executor_id = EXECUTOR.executor_id
            await master.say(FrameworkMessage(framework_id=FRAMEWORK_ID, executor_id=executor_id, data=b"olleh"))
            message = await master.wait(ExecutorMessage)
            await master.say(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("a")))
            await master.wait_state("a", TaskState.TASK_KILLED)
            smaller = (None, (192, 128))
            await asyncio.to_thread(wait_until, lambda: read_memory_limits(pid) in smaller, "a lower soft limit")
            await master.say(ShutdownExecutor(framework_id=FRAMEWORK_ID, executor_id=executor_id))
            await master.wait_state("b", TaskState.TASK_KILLED)
            exited = await master.wait(ExecutorExited)
        finally:
            agent.child.kill()

    pids = {status.container_status.executor_pid for status in running if status.container_status is not None}
    assert {pid} == pids
    assert grown in (None, (192, 192))
    assert b"hello" == message.data
    assert 5 << 8 == exited.status
