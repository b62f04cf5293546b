"""Whatever befalls a pod, at the end every task was told its end once, and nothing of the pod is left."""

from __future__ import annotations

from enum import Enum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_task
from fakes.pods import bridge, group, in_image, make_executor
from koinon_agent.containerizer import ContainerRun, Ended, Recovered
from koinon_agent.events import ContainerNotStarted
from koinon_agent.instructions import KillContainer, LaunchContainer, RemoveContainer
from koinon_core.agent_link import KillTask
from koinon_core.ids import ContainerId, TaskId
from koinon_core.tasks import TaskState

NAMES = ("a", "b", "c", "d")
LATE = NAMES[2:]
EXECUTOR = make_executor(bridge())


class Standing(Enum):
    """What an engine makes of a container."""

    LAUNCHING = 1
    RUNNING = 2
    ENDED = 3


class Story:
    """One pod with two groups, and an engine that does what the test says, and what the agent wants."""

    def __init__(self) -> None:
        self.bench = AgentBench().registered()
        self.containers: dict[ContainerId, Standing] = {}
        self.killed: set[ContainerId] = set()
        self.told: list[tuple[TaskId, TaskState]] = []
        self.tasks: dict[ContainerId, str] = {}
        self._seen = 0
        self._told_in_this_life = 0

    def launch(self, names: tuple[str, ...]) -> None:
        """A group of these tasks."""
        self.bench.hear(group(*(make_task(name, container=in_image("web")) for name in names), executor=EXECUTOR))

    def look(self) -> None:
        """Carry out what the agent wants, and acknowledge what it says."""
        fresh = self.bench.acknowledge_all()
        self.told += [(status.task_id, status.state) for status in fresh[self._told_in_this_life :]]
        self._told_in_this_life = len(fresh)
        for item in self.bench.done[self._seen :]:
            match item:
                case LaunchContainer(launch):
                    self.containers[launch.container_id] = Standing.LAUNCHING
                    self.tasks[launch.container_id] = launch.task_id or ""
                case KillContainer(container_id=container_id) | RemoveContainer(container_id):
                    self.killed.add(container_id)
        self._seen = len(self.bench.done)

    def ended(self) -> set[str]:
        """Tasks that were told to have ended; a kill of one would be answered that nobody knows it."""
        return {task_id for task_id, state in self.told if state.is_terminal}

    def spared(self) -> set[str]:
        """Tasks that go on though one of their group has failed or was killed."""
        bad = {task_id for task_id, state in self.told if state.is_terminal and state is not TaskState.TASK_FINISHED}
        doomed = {name for names in (NAMES[:2], LATE) if bad & set(names) for name in names}
        moving = {one for one, standing in self.containers.items() if standing is not Standing.ENDED}
        return {self.tasks[one] for one in moving - self.killed} & doomed

    def step(self, container_id: ContainerId, *, goes_well: bool) -> None:
        """A container gets on: it starts, or ends; what is to end does not go well."""
        is_well = goes_well and container_id not in self.killed
        standing = self.containers[container_id]
        if standing is Standing.LAUNCHING and is_well:
            self.containers[container_id] = Standing.RUNNING
            self.bench.started(container_id, ip_addresses=("172.17.0.9",))
        elif standing is Standing.LAUNCHING:
            self.containers[container_id] = Standing.ENDED
            self.bench.handle(ContainerNotStarted(container_id=container_id, reason="it did not"))
        elif standing is Standing.RUNNING:
            self.containers[container_id] = Standing.ENDED
            self.bench.ended(container_id, 0 if is_well else 137)

    def crash(self) -> None:
        """The agent dies, and comes back: launches under way came to nothing."""
        self.bench = self.bench.crash()
        self._seen = self._told_in_this_life = 0
        known = [one.container_id for one in self.bench.agent.known_containers()]
        live = [one for one in known if self.containers.get(one) is Standing.RUNNING]
        ended = [one for one in known if self.containers.get(one) is Standing.ENDED]
        gone = [one for one in known if one not in live and one not in ended]
        for one in gone:
            self.containers[one] = Standing.ENDED
        self.bench.start(
            Recovered(
                tuple(ContainerRun(container_id=one, started_at=1.0, ip_addresses=("172.17.0.9",)) for one in live),
                tuple(Ended(container_id=one, message="exited with 1", exit_code=1) for one in ended),
                tuple(gone),
            )
        )
        self.bench.register()

    def finish(self) -> None:
        """Everything gets on until nothing is left to do."""
        while True:
            self.look()
            rest = [one for one, standing in self.containers.items() if standing is not Standing.ENDED]
            if not rest:
                return
            self.step(rest[-1], goes_well=True)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("step"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("kill"), st.sampled_from(NAMES), st.booleans()),
        st.tuples(st.just("crash"), st.just(0), st.booleans()),
        st.tuples(st.just("late"), st.just(0), st.booleans()),
    ),
    max_size=14,
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(steps)
def test_every_story_of_a_pod_ends(story_steps: list[tuple[str, int | str, bool]]) -> None:
    """Each task that was launched has one end; of a group all finished or none went on; no container and no record."""
    story = Story()
    story.launch(NAMES[:2])
    launched = set(NAMES[:2])
    for kind, which, flag in story_steps:
        story.look()
        assert set() == story.spared()
        moving = [one for one, standing in story.containers.items() if standing is not Standing.ENDED]
        if kind == "step" and moving and isinstance(which, int):
            story.step(moving[which % len(moving)], goes_well=flag)
        elif kind == "kill" and which in launched - story.ended():
            story.bench.hear(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId(str(which))))
        elif kind == "crash":
            story.crash()
        elif kind == "late" and not launched & set(LATE):
            story.launch(LATE)
            launched |= set(LATE)
    story.finish()
    ends = [(task_id, state) for task_id, state in story.told if state.is_terminal]

    assert sorted(launched) == sorted(task_id for task_id, _ in set(ends))
    assert 0 == len(story.bench.agent.pods)
    assert {} == story.bench.image.executors
    assert set() == {one for one, standing in story.containers.items() if standing is Standing.RUNNING}
