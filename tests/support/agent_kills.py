"""Kill an agent again and again under launches and kills, and hold what it told against what happened.

Tasks are Docker containers and plain processes, short ones that end by themselves and long ones that are killed while
they run. Each leaves a line in a file of its own each time it truly starts.
"""

from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path
from random import Random

import docker
import psutil
from attrs import define, evolve, field

from koinon_core.containers import (
    CommandInfo,
    ContainerInfo,
    ContainerType,
    DockerInfo,
    DockerNetwork,
    Volume,
    VolumeMode,
)
from koinon_core.ids import AgentId, TaskId
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus
from koinon_frameworks.calls import SchedulerCalls
from support.cluster import Cluster, Daemon, containers_of
from support.docker_engine import BUSYBOX, docker_url, find_containers
from support.launch_load import LaunchLoad
from support.waiting import wait_until

CALM_SECONDS = (0.05, 0.6)
"""Between an agent that is back and the next kill: the moment within launches and kills is left to chance."""
_KILL_AGAIN_SECONDS = 1.0
STEADY_CONTAINER, STEADY_PROCESS = "load-2", "load-3"
STEADY = (STEADY_CONTAINER, STEADY_PROCESS)
"""They run through all of it."""
_S = TaskState
_STORIES = {
    (_S.TASK_STARTING, _S.TASK_RUNNING, _S.TASK_FINISHED),
    (_S.TASK_STARTING, _S.TASK_RUNNING, _S.TASK_KILLED),
    (_S.TASK_STARTING, _S.TASK_KILLED),
    # It ran and ended while there was no agent to see it run.
    (_S.TASK_STARTING, _S.TASK_FINISHED),
    # The agent died before the container had started: nothing of it ran.
    (_S.TASK_STARTING, _S.TASK_DROPPED),
    (_S.TASK_DROPPED,),
    (_S.TASK_LOST,),
}
"""What a framework may be told of a task, each update once, in this order."""


@define
class AgentVerdict:
    """What became of all tasks, and of what the agent left."""

    ended: int = 0
    doubled: list[TaskId] = field(factory=list)
    """They started more than once."""
    odd_stories: dict[TaskId, tuple[object, ...]] = field(factory=dict)
    """What was told of them is not what happens to a task, or was told twice."""
    orphans: list[str] = field(factory=list)
    """Containers and processes that run though every task has ended."""


class MixedLoad(LaunchLoad):
    """Short and long tasks of both containerizers; the long ones are killed, and killed again until they end."""

    def __init__(self, master: str, folder: Path, rng: Random) -> None:
        super().__init__(master, folder)
        self.stories: dict[TaskId, dict[bytes, TaskState]] = defaultdict(dict)
        self._rng = rng
        self._kill_at: dict[TaskId, float] = {}

    def has_steady_tasks(self) -> bool:
        """Whether they run."""
        return all(name in self.tasks and self.tasks[TaskId(name)].running_at is not None for name in STEADY)

    def identity(self) -> tuple[str, float]:
        """What tells the steady tasks from others of their name: engine id and start time, and start time of a pid."""
        client = docker.DockerClient(base_url=docker_url())
        try:
            (container,) = find_containers(client, label=f"koinon.task={STEADY_CONTAINER}")
            pid = int((self._folder / STEADY_PROCESS).read_text())
            return f"{container.id} {container.attrs['State']['StartedAt']}", psutil.Process(pid).create_time()
        finally:
            client.close()

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        if status.uuid is not None:
            self.stories[status.task_id].setdefault(bytes(status.uuid), status.state)
        await super().update(driver, status)
        if status.state is TaskState.TASK_RUNNING and _is_long(status.task_id):
            self._kill_at.setdefault(status.task_id, time.time() + self._rng.uniform(0.0, 1.0))

    async def tend(self) -> None:
        """Kill what is to be killed by now. A kill may get lost with the agent: then it is said again."""
        for task_id, due in list(self._kill_at.items()):
            task = self.tasks[task_id]
            if task.is_over:
                del self._kill_at[task_id]
            elif due <= time.time() and (self._is_ending.is_set() or task_id not in STEADY):
                self._kill_at[task_id] = time.time() + _KILL_AGAIN_SECONDS
                await self._driver.kill(task_id, task.agent_id)

    def judge_stories(self) -> AgentVerdict:
        """After the end: hold what was told against what happened."""
        verdict = AgentVerdict(ended=len(self.tasks))
        for task_id in self.tasks:
            mark = self._folder / task_id
            starts = len(mark.read_text().splitlines()) if mark.exists() else 0
            story = tuple(self.stories[task_id].values())
            if starts > 1:
                verdict.doubled.append(task_id)
            if story not in _STORIES or (_S.TASK_RUNNING in story) > starts:
                verdict.odd_stories[task_id] = (*story, f"{starts} starts")
        return verdict

    def _make(self, agent_id: AgentId, number: int) -> TaskInfo:
        made = super()._make(agent_id, number)
        mark = self._folder / made.task_id
        script = f"echo $$ >> {mark}; sleep {1000 if _is_long(made.task_id) else 0.3}"
        task = evolve(made, command=CommandInfo(value=script))
        if number % 2:
            return task
        marks = Volume(mode=VolumeMode.RW, container_path=str(self._folder), host_path=str(self._folder))
        info = DockerInfo(image=BUSYBOX, network=DockerNetwork.HOST)
        return evolve(task, container=ContainerInfo(type=ContainerType.DOCKER, docker=info, volumes=(marks,)))


def _is_long(task_id: TaskId) -> bool:
    return int(task_id.rpartition("-")[2]) % 4 >= 2


def kill_agent(cluster: Cluster, times: int, rng: Random) -> tuple[list[float], AgentVerdict]:
    """Run the load, kill the only agent so often, and say what became of every task; the seconds from each kill on
    until a task runs that was launched after it.
    """
    folder = cluster.folder / "marks"
    folder.mkdir()
    load = MixedLoad(cluster.master_url, folder, rng)
    load.begin()
    (agent,) = cluster.agents
    wait_until(load.has_steady_tasks, "the steady tasks")
    before = load.identity()
    times_away = []
    for _ in range(times):
        time.sleep(rng.uniform(*CALM_SECONDS))
        times_away.append(_kill_once(agent, load))
    after = load.identity()
    load.end()
    verdict = load.judge_stories()
    if before != after:
        verdict.doubled += [TaskId(name) for name in STEADY]
    verdict.orphans = find_orphans(cluster)
    return times_away, verdict


def _kill_once(agent: Daemon, load: MixedLoad) -> float:
    killed_at = time.time()
    agent.kill()
    agent.start()
    running_at = wait_until(lambda: load.first_running_after(killed_at), "a task launched after the kill", 60.0)
    return running_at - killed_at


def find_orphans(cluster: Cluster) -> list[str]:
    """What runs beneath the cluster's folder though no task does; given a moment to go."""

    def look() -> bool:
        return not _beneath(cluster)

    try:
        wait_until(look, "an agent without containers", 10.0)
    except TimeoutError:
        return _beneath(cluster)
    return []


def _beneath(cluster: Cluster) -> list[str]:
    client = docker.DockerClient(base_url=docker_url())
    try:
        containers = list(containers_of(client, cluster))
    finally:
        client.close()
    sandboxes = str(cluster.folder / "agent-0" / "slaves")
    return containers + [
        f"{process.pid} {process.info['cmdline']}"
        for process in psutil.process_iter(["cwd", "cmdline"])
        if str(process.info["cwd"]).startswith(sandboxes)
    ]
