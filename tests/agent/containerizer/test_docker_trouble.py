"""An engine that hangs, restarts, or waits for a registry; hands that meddle. The agent answers all the while."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import docker
import pytest
import pytest_asyncio
from attrs import evolve

from fakes.agent_bench import FRAMEWORK_ID, make_framework, make_task
from fakes.agent_process import AgentProcess
from fakes.fake_master import AGENT_ID, FakeMaster
from koinon_core.agent_link import KillTask, Register, RunTask
from koinon_core.containers import CommandInfo, ContainerInfo, ContainerType, DockerInfo, DockerNetwork
from koinon_core.ids import TaskId
from koinon_core.tasks import TaskState, TaskStatus
from support.docker_engine import BUSYBOX, find_containers
from support.own_engine import OwnEngine, own_engine
from support.ports import reserve_port
from support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
FROZEN_SECONDS = 0.8
SLOWEST_SECONDS = 1.0
FOREVER = "trap 'exit 0' TERM; while :; do sleep 0.05; done"


class Health:
    """Asks the agent for /health again and again; how long the slowest answer took."""

    def __init__(self, port: int) -> None:
        self.slowest = 0.0
        self.answers = 0
        self._url = f"http://127.0.0.1:{port}/health"
        self._over = threading.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Throughout this."""
        thread = threading.Thread(target=self._ask)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _ask(self) -> None:
        while not self._over.wait(0.05):
            begin = time.monotonic()
            try:
                with urlopen(self._url, timeout=5) as answer:
                    self.answers += answer.status == 200
            finally:
                self.slowest = max(self.slowest, time.monotonic() - begin)


@pytest.fixture(scope="module")
def engine() -> Iterator[OwnEngine]:
    """One for all tests of this file, that nobody else uses."""
    with own_engine() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def master() -> AsyncIterator[FakeMaster]:
    """A master that listens."""
    async with FakeMaster(reserve_port()) as fake:
        yield fake


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(
    tmp_path_factory: pytest.TempPathFactory, engine: OwnEngine, master: FakeMaster
) -> AsyncIterator[AgentProcess]:
    """One agent of that engine for all tests, registered: it has to live through everything."""
    process = AgentProcess(tmp_path_factory.mktemp("trouble") / "agent", master.port)
    process.start(f"--docker_socket={engine.url}", "--containerizers=docker")
    await master.wait(Register)
    yield process
    process.child.kill()


@pytest.fixture
def client(engine: OwnEngine) -> Iterator[docker.DockerClient]:
    """The hands that meddle."""
    made = docker.DockerClient(base_url=engine.url, timeout=30)
    yield made
    made.close()


def shell(name: str, script: str, image: str = BUSYBOX) -> RunTask:
    """A task in a container without a network."""
    task = make_task(name, agent_id=AGENT_ID, command=CommandInfo(value=script))
    info = DockerInfo(image=image, network=DockerNetwork.NONE)
    return RunTask(
        framework=make_framework(),
        task=evolve(task, container=ContainerInfo(type=ContainerType.DOCKER, docker=info)),
    )


def kill_of(name: str) -> KillTask:
    """The master's word that ends a task."""
    return KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId(name))


def name_of(status: TaskStatus) -> str:
    """The container of a running task."""
    assert status.container_status is not None
    assert status.container_status.container_id is not None
    return f"mesos-{status.container_status.container_id.value}"


def states(master: FakeMaster, name: str) -> list[str]:
    """All that was told of a task, repetitions aside."""
    told = [status.state.name for status in master.statuses if status.task_id == name]
    return [state for position, state in enumerate(told) if position == 0 or told[position - 1] != state]


async def test_a_frozen_engine_holds_nobody_up(
    agent: AgentProcess, master: FakeMaster, engine: OwnEngine, client: docker.DockerClient
) -> None:
    """Launches and kills asked for meanwhile are done once it goes on, and each end is told as it was.

    A launch that is killed meanwhile is given up at once; what the engine made of it goes when it can.
    """
    health = Health(agent.port)
    names = [f"late-{number}" for number in range(4)]
    await master.say(shell("old", FOREVER))
    await master.wait_state("old", TaskState.TASK_RUNNING)
    with health.watched():
        engine.freeze()
        await master.say(shell("unwanted", FOREVER), *(shell(name, "exit 0") for name in names), kill_of("old"))
        await master.wait_state("unwanted", TaskState.TASK_STARTING)
        await master.say(kill_of("unwanted"))
        await asyncio.sleep(FROZEN_SECONDS)
        unwanted = states(master, "unwanted")
        told = [status.state for status in master.statuses if status.task_id in names]
        engine.thaw()
        for name in names:
            await master.wait_state(name, TaskState.TASK_FINISHED)
        await master.wait_state("old", TaskState.TASK_KILLED)

    label = "koinon.task=unwanted"
    await asyncio.to_thread(wait_until, lambda: not find_containers(client, label=label), "removal")
    assert ["TASK_STARTING", "TASK_KILLED"] == unwanted
    assert {TaskState.TASK_STARTING} >= set(told)
    assert health.slowest < SLOWEST_SECONDS
    assert health.answers >= FROZEN_SECONDS * 10
    assert all(["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"] == states(master, name) for name in names)


async def test_an_engine_that_restarts_and_keeps_its_containers(
    agent: AgentProcess, master: FakeMaster, engine: OwnEngine
) -> None:
    """What ran runs on; what ended meanwhile is told; what is asked for meanwhile is refused, and works afterwards."""
    health = Health(agent.port)
    await master.say(shell("lives", FOREVER), shell("ends", "while [ ! -e $MESOS_SANDBOX/stop ]; do sleep 0.05; done"))
    for name in ("lives", "ends"):
        await master.wait_state(name, TaskState.TASK_RUNNING)
    with health.watched():
        await asyncio.to_thread(engine.stop)
        (sandbox,) = agent.work_dir.glob("slaves/*/frameworks/*/executors/ends/runs/latest")
        (sandbox / "stop").touch()
        await asyncio.sleep(0.2)
        await asyncio.to_thread(engine.start)
        await master.wait_state("ends", TaskState.TASK_FINISHED)
        await master.say(shell("new", "exit 3"))
        await master.wait_state("new", TaskState.TASK_FAILED)

    assert ["TASK_STARTING", "TASK_RUNNING"] == states(master, "lives")
    assert health.slowest < SLOWEST_SECONDS
    await master.say(kill_of("lives"))
    await master.wait_state("lives", TaskState.TASK_KILLED)


async def test_an_engine_that_takes_its_containers_along(
    agent: AgentProcess, master: FakeMaster, engine: OwnEngine, client: docker.DockerClient
) -> None:
    """Their ends are told with the exit codes that the engine gave them."""
    engine.reload(keeps_containers=False)
    await asyncio.to_thread(wait_until, lambda: not client.info()["LiveRestoreEnabled"], "engine without live-restore")
    await master.say(shell("web", f"trap 'exit 9' TERM; {FOREVER.partition('; ')[2]}"))
    await master.wait_state("web", TaskState.TASK_RUNNING)
    await asyncio.to_thread(engine.stop)
    await asyncio.to_thread(engine.start)
    failed = await master.wait_state("web", TaskState.TASK_FAILED)

    assert "Container exited with status 9" == failed.message


async def test_a_registry_that_never_answers(agent: AgentProcess, master: FakeMaster) -> None:
    """A task that waits for its image is killed at once, and others start meanwhile."""
    silent = await asyncio.start_server(lambda _reader, _writer: asyncio.sleep(60), "127.0.0.1")
    image = f"127.0.0.1:{silent.sockets[0].getsockname()[1]}/web:1"
    health = Health(agent.port)
    with health.watched():
        await master.say(shell("waits", "true", image), shell("other", "exit 0"))
        await master.wait_state("other", TaskState.TASK_FINISHED)
        await master.wait_state("waits", TaskState.TASK_STARTING)
        await master.say(kill_of("waits"))
        async with asyncio.timeout(SLOWEST_SECONDS):
            await master.wait_state("waits", TaskState.TASK_KILLED)
    silent.close()

    assert health.slowest < SLOWEST_SECONDS


async def test_hands_that_meddle_are_told_of_at_once(
    agent: AgentProcess, master: FakeMaster, client: docker.DockerClient
) -> None:
    """A container killed, stopped or removed by hand ends its task with what the engine says of it."""
    names = {"killed": "status 137", "stopped": "status 0", "removed": "status 137"}
    await master.say(*(shell(name, FOREVER) for name in names))
    running = {name: await master.wait_state(name, TaskState.TASK_RUNNING) for name in names}
    containers = {name: client.containers.get(name_of(status)) for name, status in running.items()}

    def meddle() -> None:
        containers["killed"].kill()
        containers["stopped"].stop()
        containers["removed"].remove(force=True)

    await asyncio.to_thread(meddle)
    async with asyncio.timeout(2 * SLOWEST_SECONDS):
        ends = {
            "killed": await master.wait_state("killed", TaskState.TASK_FAILED),
            "stopped": await master.wait_state("stopped", TaskState.TASK_FINISHED),
            "removed": await master.wait_state("removed", TaskState.TASK_FAILED),
        }

    assert all((ends[name].message or "").endswith(words) for name, words in names.items())
