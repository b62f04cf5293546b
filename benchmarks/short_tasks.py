"""What does an agent take for a task that a long-living executor runs and that ends at once?

    ./dev bench short_tasks [TASKS [IN_FLIGHT ...]]

A real agent and a real executor of the SDK, before a master with nothing behind it: it keeps so many tasks in flight
and acknowledges what it hears, a frame for a frame. What counts is CPU of the agent's process, as the kernel counts it.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import psutil
import uvloop
from aiohttp import WSMsgType, web

from fakes.fake_master import AGENT_ID, FakeMaster
from koinon_core.agent_link import (
    AcknowledgeUpdate,
    AgentFrame,
    MasterMessage,
    Register,
    Registered,
    RunTask,
    StatusUpdate,
)
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import FrameworkId, TaskId
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import TaskInfo, TaskState
from koinon_core.wire import refined_json
from koinon_frameworks.executor import executor_info, file_at
from support.ports import reserve_port
from support.processes import Child

TASKS, IN_FLIGHT, ROUNDS = 3_000, (80, 600), 3
WARMING = 200
PATIENCE = 120.0
NO_OP = Path(__file__).resolve().parents[1] / "tests" / "support" / "no_op_executor.py"
RESOURCES = "--resources=cpus:64;mem:65536;disk:4096;ports:[31000-31999]"


class FeedingMaster(FakeMaster):
    """Gives the next task for each that ended; every frame is answered by one frame."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.is_registered = asyncio.Event()
        self.is_done = asyncio.Event()
        self._framework = FrameworkInfo(user="root", name="short tasks", id=FrameworkId("short-tasks"), roles=("*",))
        self._executor = executor_info("no-op", file_at(str(NO_OP), python=sys.executable))
        self._resources = parse_resources("cpus:0.05;mem:4").allocated_to("*")
        self._tasks: Iterator[RunTask] = iter(())
        self._number = self._left = 0
        self._problem = ""

    async def feed(self, number: int, in_flight: int) -> None:
        """So many tasks, until all have ended."""
        self._number, self._left = self._number + number, number
        self._tasks = (self._task(each) for each in range(self._number - number, self._number))
        self.is_done.clear()
        self._problem = ""
        await self.say(*islice(self._tasks, in_flight))
        async with asyncio.timeout(PATIENCE):
            await self.is_done.wait()
        if self._problem:
            raise RuntimeError(self._problem)

    def _task(self, number: int) -> RunTask:
        task = TaskInfo(
            name=f"piece {number}",
            task_id=TaskId(f"piece-{number}"),
            agent_id=AGENT_ID,
            resources=self._resources,
            executor=self._executor,
        )
        return RunTask(framework=self._framework, task=task)

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        self._socket = socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                said = refined_json.decode(message.data, AgentFrame).messages
                answers = [answer for each in said for answer in self._answers(each)]
                if answers:
                    await self.say(*answers)
        return socket

    def _answers(self, message: object) -> list[MasterMessage]:
        match message:
            case Register():
                self.is_registered.set()
                return [Registered(agent_id=message.agent_info.id or AGENT_ID)]
            case StatusUpdate(framework_id=framework_id, status=status) if status.uuid is not None:
                taken = AcknowledgeUpdate(framework_id=framework_id, task_id=status.task_id, uuid=status.uuid)
                if not status.state.is_terminal:
                    return [taken]
                if status.state is not TaskState.TASK_FINISHED:
                    self._problem = f"{status.task_id} ended as {status.state.name}: {status.message}"
                    self.is_done.set()
                self._left -= 1
                if not self._left:
                    self.is_done.set()
                return [taken, *islice(self._tasks, 1)]
            case _:
                return []


def agent_argv(master_port: int, folder: Path) -> list[str]:
    """An agent of plain processes, with room for all."""
    flags = (f"--master=127.0.0.1:{master_port}", "--ip=127.0.0.1", f"--port={reserve_port()}")
    return [
        *(sys.executable, "-m", "koinon_agent", *flags),
        *(f"--work_dir={folder / 'agent'}", "--containerizers=process", RESOURCES),
    ]


def cpu_milliseconds(pid: int) -> float:
    """What a process has used so far."""
    times = psutil.Process(pid).cpu_times()
    return 1000 * (times.user + times.system)


async def measure(tasks: int, crowds: tuple[int, ...]) -> None:
    """All, on one agent."""
    with tempfile.TemporaryDirectory(prefix="koinon-bench-") as name:
        async with FeedingMaster(reserve_port()) as master:
            with Child(agent_argv(master.port, Path(name)), Path(name) / "agent.log") as agent:
                await master.is_registered.wait()
                await master.feed(WARMING, WARMING)
                executors = [each.pid for each in psutil.Process(agent.pid).children(recursive=True)]
                try:
                    for in_flight in crowds:
                        await measure_crowd(master, agent.pid, tasks, in_flight)
                finally:
                    for pid in executors:
                        if psutil.pid_exists(pid):
                            psutil.Process(pid).kill()


async def measure_crowd(master: FeedingMaster, pid: int, tasks: int, in_flight: int) -> None:
    """Print what the agent takes with so many in flight."""
    costs = []
    for _ in range(ROUNDS):
        before = cpu_milliseconds(pid)
        await master.feed(tasks, in_flight)
        costs.append((cpu_milliseconds(pid) - before) / tasks)
    rounds = ", ".join(f"{cost:.2f}" for cost in costs)
    print(f"{in_flight} in flight: {statistics.median(costs):.2f} ms of the agent's CPU a task ({rounds})", flush=True)


def main() -> None:
    """Run what the command line says."""
    tasks, *crowds = [int(word) for word in sys.argv[1:]] or [TASKS]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(tasks, tuple(crowds) or IN_FLIGHT))


if __name__ == "__main__":
    main()
