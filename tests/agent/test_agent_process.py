"""A real agent process under a fake master: plain processes as tasks, kills of the agent, and its files over HTTP."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from fakes.agent_bench import FRAMEWORK_ID, make_framework, make_task
from fakes.agent_process import AgentProcess
from fakes.fake_master import AGENT_ID, FakeMaster
from koinon_core.agent_link import KillTask, Register, RunTask, Unregister
from koinon_core.containers import CommandInfo
from koinon_core.ids import TaskId
from koinon_core.tasks import TaskInfo, TaskState
from support.ports import reserve_port
from support.processes import Child, find_processes
from support.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    """Where the agent keeps its things."""
    return tmp_path / "agent"


@pytest.fixture
async def master(free_port: int) -> AsyncIterator[FakeMaster]:
    """A master that listens."""
    async with FakeMaster(free_port) as fake:
        yield fake


@pytest.fixture
def agent(work_dir: Path, free_port: int) -> Iterator[AgentProcess]:
    """An agent that was not started yet; what it leaves behind is killed."""
    process = AgentProcess(work_dir, free_port)
    yield process
    process.child.kill()
    for pid_file in work_dir.glob("slaves/*/frameworks/*/executors/*/runs/*/pid"):
        kill(int(pid_file.read_text()))


def kill(pid: int) -> None:
    """Ends a process that may be gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def is_alive(pid: int) -> bool:
    """Whether the process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def shell(name: str, script: str) -> RunTask:
    """A task for the fake master's agent."""
    task: TaskInfo = make_task(name, agent_id=AGENT_ID, command=CommandInfo(value=script))
    return RunTask(framework=make_framework(), task=task)


def pid_of(agent: AgentProcess, task: str) -> int:
    """What a task wrote to the file ``pid`` in its sandbox."""

    def look() -> int | None:
        found = list(agent.work_dir.glob(f"slaves/*/frameworks/*/executors/{task}/runs/latest/pid"))
        return int(found[0].read_text() or 0) if found else None

    return wait_until(look, f"pid of {task}")


async def test_task_runs_and_its_output_can_be_read(agent: AgentProcess, master: FakeMaster) -> None:
    """STARTING, RUNNING, FINISHED; `/state` names the sandbox, `/files` shows what is in it and nothing else."""
    agent.start()
    await master.wait(Register)
    await master.say(shell("hello", "echo hello; echo oops >&2"))
    await master.wait_state("hello", TaskState.TASK_FINISHED)
    (framework,) = wait_until(lambda: agent.get("/slave(1)/state")["completed_frameworks"], "an acknowledged end")
    directory = framework["completed_executors"][0]["directory"]

    assert [TaskState.TASK_STARTING, TaskState.TASK_RUNNING, TaskState.TASK_FINISHED] == [
        status.state for status in master.statuses
    ]
    assert {"offset": 0, "data": "hello\n"} == agent.get(f"/files/read?path={quote(directory)}/stdout&offset=0")
    assert {"offset": 5, "data": ""} == agent.get(f"/files/read?path={quote(directory)}/stderr")
    assert {f"{directory}/stdout", f"{directory}/stderr"} <= {
        entry["path"] for entry in agent.get(f"/files/browse?path={quote(directory)}")
    }
    assert [404, 404, 404, 400] == [
        agent.status_of(f"/files/read?path={path}&offset=0")
        for path in ("/etc/passwd", f"{quote(directory)}/../../../x", f"{quote(directory)}/nothing", "")
    ]


async def test_kill_of_the_agent_harms_no_task(agent: AgentProcess, master: FakeMaster) -> None:
    """After kill -9 the agent comes back under its id, has its tasks, and tells how one ended meanwhile.

    What an operator had started beside a task is ended: nobody hears it any more.
    """
    agent.start()
    await master.wait(Register)
    await master.say(
        shell("long", "echo $$ > pid; exec sleep 600"),
        shell("short", "echo $$ > pid; while [ ! -e go ]; do sleep 0.05; done; exit 3"),
    )
    running = await master.wait_state("long", TaskState.TASK_RUNNING)
    await master.wait_state("short", TaskState.TASK_RUNNING)
    long, short = pid_of(agent, "long"), pid_of(agent, "short")
    await asyncio.to_thread(agent.run_within, running, "(env -i sleep 7783 &); exec sleep 7783")
    await asyncio.to_thread(wait_until, lambda: 2 == len(find_processes("sleep", "7783")), "what runs beside it")
    agent.child.kill()
    (sandbox,) = agent.work_dir.glob("slaves/*/frameworks/*/executors/short/runs/latest")
    (sandbox / "go").touch()
    wait_until(lambda: not is_alive(short), "end of the short task")
    mark = len(master.heard)
    agent.start()
    again = await master.wait(Register, after=mark)
    ended = await master.wait_state("short", TaskState.TASK_FAILED, after=mark)

    assert is_alive(long)
    assert [] == find_processes("sleep", "7783")
    assert AGENT_ID == again.agent_info.id
    assert {"long", "short"} == {one.task.task_id for one in again.tasks}
    assert "exited with status 3" in (ended.message or "")

    await master.say(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("long")))
    await master.wait_state("long", TaskState.TASK_KILLED, after=mark)

    assert not is_alive(long)


async def test_unacknowledged_updates_are_sent_again_by_the_next_life(agent: AgentProcess, master: FakeMaster) -> None:
    """An update that nobody acknowledged before the kill comes again after it, with the same uuid."""
    master.is_acknowledging = False
    agent.start()
    await master.wait(Register)
    await master.say(shell("t", "echo $$ > pid"))
    first = await master.wait_state("t", TaskState.TASK_STARTING)
    pid_of(agent, "t")
    agent.child.kill()
    master.is_acknowledging = True
    mark = len(master.heard)
    agent.start()
    again = await master.wait_state("t", TaskState.TASK_STARTING, after=mark)
    await master.wait_state("t", TaskState.TASK_FINISHED, after=mark)

    assert first.uuid == again.uuid


async def test_agent_waits_for_its_master(agent: AgentProcess, free_port: int) -> None:
    """Started before there is a master, the agent keeps trying; SIGTERM ends it without its tasks."""
    agent.start()
    agent.child.wait_line("link_closed")
    async with FakeMaster(free_port) as master:
        await master.wait(Register)
        await master.say(shell("t", "echo $$ > pid; exec sleep 600"))
        await master.wait_state("t", TaskState.TASK_RUNNING)
        pid = pid_of(agent, "t")

        assert 0 == agent.child.terminate()
        assert is_alive(pid)


async def test_sigusr1_ends_tasks_and_agent_for_good(agent: AgentProcess, master: FakeMaster) -> None:
    """Tasks are killed and reported, the agent says goodbye and exits 0; the next start has no id."""
    agent.start()
    await master.wait(Register)
    await master.say(shell("t", "echo $$ > pid; exec sleep 600"))
    await master.wait_state("t", TaskState.TASK_RUNNING)
    pid = pid_of(agent, "t")
    agent.shut_down()
    await master.wait_state("t", TaskState.TASK_KILLED)
    await master.wait(Unregister)

    assert 0 == agent.child.wait_exit()
    assert not is_alive(pid)

    mark = len(master.heard)
    agent.start()

    assert (await master.wait(Register, after=mark)).agent_info.id is None


async def test_resources_too_small_for_what_runs_are_refused(agent: AgentProcess, master: FakeMaster) -> None:
    """The start fails with the sentence, and the task goes on."""
    agent.start()
    await master.wait(Register)
    await master.say(shell("t", "echo $$ > pid; exec sleep 600"))
    await master.wait_state("t", TaskState.TASK_RUNNING)
    pid = pid_of(agent, "t")
    agent.child.terminate()
    agent.start("--attributes=rack:r9", "--default_role=*")
    await master.wait(Register, lambda register: bool(register.agent_info.attributes))
    agent.child.terminate()
    agent.port = reserve_port()
    small = Child(
        [
            sys.executable, "-m", "koinon_agent", "--master=127.0.0.1:1", f"--work_dir={agent.work_dir}",
            f"--port={agent.port}", "--resources=cpus:0.5;mem:512",
        ],
        agent.work_dir.with_suffix(".small"),
    )  # fmt: skip

    assert 2 == small.wait_exit()
    assert "running tasks hold cpus:1, more than cpus:0.5" in small.output
    assert is_alive(pid)
