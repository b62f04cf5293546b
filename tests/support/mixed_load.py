"""A load of all kinds of work on one agent: tasks in Docker containers and plain processes, with health checks and
without, pods of two on the host's network and on the bridge, and tasks of frameworks' own executors.

Short tasks end by themselves, long ones are killed while they run; of a pod only the first task is. Each leaves a line
in a file of its own each time it truly starts.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from enum import Enum
from itertools import groupby
from pathlib import Path
from random import Random

import docker
import psutil
from attrs import define, evolve, field, frozen

from koinon_core.containers import (
    CommandInfo,
    ContainerIdInfo,
    ContainerInfo,
    ContainerType,
    DockerImage,
    DockerInfo,
    DockerNetwork,
    Image,
    ImageType,
    MesosInfo,
    NetworkInfo,
    Volume,
    VolumeMode,
)
from koinon_core.ids import AgentId, ContainerId, ExecutorId, TaskId
from koinon_core.offers import Filters, Launch, LaunchGroup, Offer, Operation, OperationType, TaskGroupInfo
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import (
    CheckType,
    ExecutorInfo,
    ExecutorType,
    HealthCheck,
    TaskInfo,
    TaskState,
    TaskStatus,
)
from koinon_frameworks.calls import SchedulerCalls
from support import marking_executor
from support.docker_engine import BUSYBOX, docker_url, find_containers
from support.launch_load import NEEDED, Launched, LaunchLoad

AT_ONCE = 16
"""How many tasks it keeps going."""
_KILL_AGAIN_SECONDS = 1.0
_OVERHEAD = parse_resources("cpus:0.1;mem:32;disk:1")
"""Of an executor: Mesos's least."""
_SHORT_SECONDS, _LONG_SECONDS = 0.3, 1000
_HEALTH = HealthCheck(
    type=CheckType.COMMAND,
    command=CommandInfo(value="true"),
    delay_seconds=0.0,
    interval_seconds=0.5,
)


class Runs(Enum):
    """What runs it."""

    DOCKER = "docker"
    PROCESS = "process"
    EXECUTOR = "executor"


@frozen(kw_only=True)
class Kind:
    """One kind of work. ``is_alone``: its executor has no other task and ends with it."""

    runs: Runs
    is_long: bool = False
    is_pod: bool = False
    is_checked: bool = False
    is_alone: bool = False

    @property
    def name(self) -> str:
        """For ids."""
        marks = ("long", self.is_long), ("pod", self.is_pod), ("checked", self.is_checked), ("alone", self.is_alone)
        return "-".join([self.runs.value, *(name for name, holds in marks if holds)])


_R = Runs
KINDS = (
    Kind(runs=_R.DOCKER),
    Kind(runs=_R.PROCESS),
    Kind(runs=_R.DOCKER, is_long=True),
    Kind(runs=_R.PROCESS, is_long=True),
    Kind(runs=_R.EXECUTOR, is_long=True),
    Kind(runs=_R.PROCESS, is_pod=True, is_long=True),
    Kind(runs=_R.DOCKER, is_pod=True, is_long=True),
    Kind(runs=_R.EXECUTOR),
    Kind(runs=_R.DOCKER, is_pod=True),
    Kind(runs=_R.PROCESS, is_long=True, is_checked=True),
    Kind(runs=_R.EXECUTOR, is_alone=True),
    Kind(runs=_R.DOCKER, is_long=True, is_checked=True),
    Kind(runs=_R.PROCESS, is_pod=True),
)
"""In this order, over and over."""
STEADY = 7
"""Of the first of so many, those that are long run through all of it."""
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
_EXECUTORS_STORIES = {
    (_S.TASK_RUNNING, _S.TASK_FINISHED),
    (_S.TASK_RUNNING, _S.TASK_KILLED),
    # It was killed before its executor had come.
    (_S.TASK_KILLED,),
    # It was on its way to the executor, or the executor not there yet, when the agent died.
    (_S.TASK_DROPPED,),
    (_S.TASK_LOST,),
}
_NEVER_RAN = (_S.TASK_DROPPED, _S.TASK_LOST)


@define
class Work:
    """One thing that was launched: a task, or the two of a pod."""

    kind: Kind
    task_ids: tuple[TaskId, ...]
    is_steady: bool


@define
class AgentVerdict:
    """What became of all tasks, and of what the agent left."""

    ended: int = 0
    doubled: list[TaskId] = field(factory=list)
    """They started more than once."""
    odd_stories: dict[TaskId, tuple[object, ...]] = field(factory=dict)
    """What was told of them is not what happens to a task, or was told twice."""
    orphans: list[str] = field(factory=list)
    """Containers, processes and groups of the kernel that are there though every task has ended."""


class MixedLoad(LaunchLoad):
    """Work of all kinds; what is long is killed, and killed again until it ends."""

    def __init__(self, master: str, folder: Path, rng: Random) -> None:
        super().__init__(master, folder)
        self.stories: dict[TaskId, dict[bytes, TaskState]] = defaultdict(dict)
        self.container_ids: set[ContainerId] = set()
        self.work: list[Work] = []
        self._work_of: dict[TaskId, Work] = {}
        self._rng = rng
        self._kill_at: dict[TaskId, float] = {}

    def has_steady_tasks(self) -> bool:
        """Whether they run."""
        tasks = [self.tasks[task_id] for task_id in self._steady()]
        return len(self.work) >= STEADY and all(task.running_at is not None for task in tasks)

    def identity(self) -> dict[TaskId, str]:
        """What tells the steady tasks from others of their name: engine id and start time, or start time of a pid."""
        client = docker.DockerClient(base_url=docker_url())
        try:
            return {task_id: self._identify(client, task_id) for task_id in self._steady()}
        finally:
            client.close()

    def _steady(self) -> list[TaskId]:
        return [task_id for work in tuple(self.work) if work.is_steady for task_id in work.task_ids]

    def _identify(self, client: docker.DockerClient, task_id: TaskId) -> str:
        if self._work_of[task_id].kind.runs is Runs.DOCKER:
            found = find_containers(client, label=f"koinon.task={task_id}")
            (container,) = (one for one in found if one.labels["koinon.container"] in self.container_ids)
            return f"{container.id} {container.attrs['State']['StartedAt']}"
        pid = int((self._folder / task_id).read_text())
        return f"{pid} {psutil.Process(pid).create_time()}"

    async def offers(self, driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        for offer in offers:
            operations, left = [], offer.resources.allocated_to(None)
            most = NEEDED + NEEDED + _OVERHEAD
            while self._has_room() and most in left:
                operations.append(self._begin(driver, offer.agent_id))
                left = left - most
            await driver.accept((offer.id,), operations, Filters(0.2))

    def _has_room(self) -> bool:
        return not self._is_ending.is_set() and sum(not task.is_over for task in self.tasks.values()) < AT_ONCE

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        if status.uuid is not None:
            self.stories[status.task_id].setdefault(bytes(status.uuid), status.state)
        if status.container_status is not None:
            self._note_container(status.container_status.container_id)
        await super().update(driver, status)
        work = self._work_of.get(status.task_id)
        if status.state is TaskState.TASK_RUNNING and work is not None and work.kind.is_long:
            self._kill_at.setdefault(work.task_ids[0], time.time() + self._rng.uniform(0.0, 1.0))

    def _note_container(self, container_id: ContainerIdInfo | None) -> None:
        while container_id is not None:
            self.container_ids.add(ContainerId(container_id.value))
            container_id = container_id.parent

    async def tend(self) -> None:
        """Kill what is to be killed by now. A kill may get lost with the agent: then it is said again."""
        for task_id, due in list(self._kill_at.items()):
            task = self.tasks[task_id]
            if task.is_over:
                del self._kill_at[task_id]
            elif due <= time.time() and (self._is_ending.is_set() or not self._work_of[task_id].is_steady):
                self._kill_at[task_id] = time.time() + _KILL_AGAIN_SECONDS
                await self._driver.kill(task_id, task.agent_id)

    # What became of it

    def judge_stories(self) -> AgentVerdict:
        """After the end: hold what was told against what happened."""
        verdict = AgentVerdict(ended=len(self.tasks))
        for work in self.work:
            stories = {task_id: self._story(task_id) for task_id in work.task_ids}
            for task_id, story in stories.items():
                starts = self._count_starts(task_id)
                if starts > 1:
                    verdict.doubled.append(task_id)
                if not _is_good(work.kind, story, starts) or _is_torn(work.kind, list(stories.values())):
                    verdict.odd_stories[task_id] = (*story, f"{starts} starts")
        return verdict

    def _story(self, task_id: TaskId) -> tuple[TaskState, ...]:
        """Of one with a health check it is told again and again that it runs; of one whose launch never reached its
        agent its master tells, in no update.
        """
        told = tuple(self.stories[task_id].values())
        state = self.tasks[task_id].state
        if not told and state in _NEVER_RAN:
            return (state,)
        if not self._work_of[task_id].kind.is_checked:
            return told
        return tuple(state for state, _ in groupby(told))

    def _count_starts(self, task_id: TaskId) -> int:
        mark = self._folder / task_id
        return len(mark.read_text().splitlines()) if mark.exists() else 0

    # What is launched

    def _begin(self, driver: SchedulerCalls, agent_id: AgentId) -> Operation:
        number = len(self.work)
        kind = KINDS[number % len(KINDS)]
        names = [f"{kind.name}-{number}"] if not kind.is_pod else [f"{kind.name}-{number}-{part}" for part in "ab"]
        work = Work(kind, tuple(TaskId(name) for name in names), kind.is_long and number < STEADY)
        tasks = tuple(self._plan_task(driver, agent_id, kind, task_id) for task_id in work.task_ids)
        for task_id in work.task_ids:
            self._work_of[task_id] = work
            self.tasks[task_id] = Launched(agent_id, time.time())
        self.work.append(work)
        if not kind.is_pod:
            return Operation(type=OperationType.LAUNCH, launch=Launch(tasks))
        bridge = ContainerInfo(type=ContainerType.MESOS, network_infos=(NetworkInfo(name="mesos-bridge"),))
        executor = ExecutorInfo(
            executor_id=ExecutorId(f"pod-{number}"),
            type=ExecutorType.DEFAULT,
            framework_id=driver.framework_id,
            resources=_OVERHEAD,
            container=bridge if kind.runs is Runs.DOCKER else None,
        )
        group = LaunchGroup(executor=executor, task_group=TaskGroupInfo(tasks))
        return Operation(type=OperationType.LAUNCH_GROUP, launch_group=group)

    def _plan_task(self, driver: SchedulerCalls, agent_id: AgentId, kind: Kind, task_id: TaskId) -> TaskInfo:
        task = TaskInfo(name=task_id, task_id=task_id, agent_id=agent_id, resources=NEEDED)
        mark = self._folder / task_id
        if kind.runs is Runs.EXECUTOR:
            seconds = None if kind.is_long else _SHORT_SECONDS
            data = json.dumps({"mark": str(mark), "seconds": seconds}).encode()
            return evolve(task, executor=_own_executor(driver, kind, task_id), data=data)
        # The first process of a container ends only by the signals that it asks for.
        waiting = f"trap 'exit 1' TERM; sleep {_LONG_SECONDS} & wait" if kind.is_long else f"sleep {_SHORT_SECONDS}"
        script = f"echo $$ >> {mark}; {waiting}"
        task = evolve(task, command=CommandInfo(value=script), health_check=_HEALTH if kind.is_checked else None)
        return task if kind.runs is Runs.PROCESS else evolve(task, container=self._container(kind))

    def _container(self, kind: Kind) -> ContainerInfo:
        marks = Volume(mode=VolumeMode.RW, container_path=str(self._folder), host_path=str(self._folder))
        if kind.is_pod:
            image = Image(type=ImageType.DOCKER, docker=DockerImage(name=BUSYBOX))
            return ContainerInfo(type=ContainerType.MESOS, mesos=MesosInfo(image), volumes=(marks,))
        info = DockerInfo(image=BUSYBOX, network=DockerNetwork.HOST)
        return ContainerInfo(type=ContainerType.DOCKER, docker=info, volumes=(marks,))


def _own_executor(driver: SchedulerCalls, kind: Kind, task_id: TaskId) -> ExecutorInfo:
    program = f"exec {sys.executable} -SE {marking_executor.__file__}"
    return ExecutorInfo(
        executor_id=ExecutorId(task_id if kind.is_alone else "own"),
        type=ExecutorType.CUSTOM,
        framework_id=driver.framework_id,
        command=CommandInfo(value=f"{program} once" if kind.is_alone else program),
        resources=_OVERHEAD,
    )


def _is_good(kind: Kind, story: tuple[TaskState, ...], starts: int) -> bool:
    """Whether a task may be told of like this; what never ran has no start, and what ran has one."""
    if story not in (_EXECUTORS_STORIES if kind.runs is Runs.EXECUTOR else _STORIES):
        return False
    if story[-1] in _NEVER_RAN:
        return starts == 0
    return starts > 0 or _S.TASK_RUNNING not in story


def _is_torn(kind: Kind, stories: list[tuple[TaskState, ...]]) -> bool:
    """Whether a short task of a pod was ended though all of its pod ran."""
    if not kind.is_pod or kind.is_long:
        return False
    ends = {story[-1] for story in stories if story}
    return _S.TASK_KILLED in ends and not ends & set(_NEVER_RAN)
