"""Two tasks that share a directory, launched as one pod: ``python examples/pod.py 127.0.0.1:5050 [IMAGE]``.

Without an image they are plain processes on the host's network; with one, containers that share a network of their own.
"""

import asyncio
import sys

from koinon_core.containers import (
    CommandInfo,
    ContainerInfo,
    ContainerType,
    DockerImage,
    Image,
    ImageType,
    MesosInfo,
    NetworkInfo,
    SandboxPath,
    SandboxPathType,
    Volume,
    VolumeMode,
    VolumeSource,
    VolumeSourceType,
)
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import ExecutorId, TaskId
from koinon_core.offers import Offer
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Failure
from koinon_core.tasks import ExecutorInfo, ExecutorType, TaskState, TaskStatus
from koinon_frameworks import Scheduler, SchedulerCalls, SchedulerDriver, WantedTask, match_tasks

SHARED = Volume(
    mode=VolumeMode.RW,
    container_path="shared",
    source=VolumeSource(
        type=VolumeSourceType.SANDBOX_PATH, sandbox_path=SandboxPath(type=SandboxPathType.PARENT, path="shared")
    ),
)
COMMANDS = {
    "writer": "echo hello from $MESOS_CONTAINER_IP > shared/new && mv shared/new shared/letter",
    "reader": "until cat shared/letter 2>/dev/null; do sleep 0.1; done",
}


class Pod(Scheduler):
    """Launches the pod on the first offer that is large enough, and ends when the pod has."""

    def __init__(self, image: str | None) -> None:
        mesos = None if image is None else MesosInfo(Image(type=ImageType.DOCKER, docker=DockerImage(name=image)))
        container = ContainerInfo(type=ContainerType.MESOS, mesos=mesos, volumes=(SHARED,))
        self.tasks = [
            WantedTask(name=name, task_id=TaskId(name), command=CommandInfo(value=command), container=container)
            for name, command in COMMANDS.items()
        ]
        self.networks = () if image is None else (NetworkInfo(name="mesos-bridge"),)
        self.is_launched = False
        self.left = set(COMMANDS)
        self.has_ended = False

    async def offers(self, driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        """All tasks of a pod stand on one agent, and so does its executor."""
        for offer in offers:
            match = match_tasks(offer, self.tasks)
            executor = ExecutorInfo(
                executor_id=ExecutorId("pod"),
                type=ExecutorType.DEFAULT,
                framework_id=driver.framework_id,
                resources=parse_resources("cpus:0.1;mem:32;disk:10"),
                container=ContainerInfo(type=ContainerType.MESOS, network_infos=self.networks),
            )
            if self.is_launched or match.unmatched:
                await driver.decline([offer.id])
            elif await driver.launch_group(offer, executor, match.tasks) is None:
                self.is_launched = True

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        """Say what became of each task. A group that is refused never becomes a pod."""
        print(status.task_id, status.state.name, status.message or "")
        if status.state.is_terminal:
            self.left.discard(status.task_id)
        if status.state is TaskState.TASK_ERROR or (self.has_ended and not self.left):
            await driver.stop(teardown=True)

    async def executor_lost(self, driver: SchedulerCalls, failure: Failure) -> None:
        """The pod is over; the last word of a task may come after this, as it waits for those before to be heard."""
        print("pod ended with", failure.status)
        self.has_ended = True
        if not self.left:
            await driver.stop(teardown=True)


if __name__ == "__main__":
    info = FrameworkInfo(user="root", name="pod")
    scheduler = Pod(sys.argv[2] if len(sys.argv) > 2 else None)
    print(asyncio.run(SchedulerDriver(scheduler, info, sys.argv[1]).run()))
