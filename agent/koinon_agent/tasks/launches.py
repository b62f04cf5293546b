"""What a master hands over to be started, with which volumes and as whom. What becomes of it is others' affair.

Pure.
"""

from __future__ import annotations

from attrs import evolve, frozen

from koinon_core.agent_link import RunTask, RunTaskGroup
from koinon_core.conversions import is_volume
from koinon_core.frameworks import FrameworkInfo
from koinon_core.tasks import ExecutorInfo, TaskInfo

from ..containerizer import PersistentVolume
from ..settings import FindVolume


@frozen(kw_only=True)
class Delivery:
    """Tasks that a master hands over together: one, or a group. Each names the executor that is to run it.

    ``executor`` is that one; None: each has a container of its own. ``launches_executor``: it may be started for them.
    """

    framework: FrameworkInfo
    tasks: tuple[TaskInfo, ...]
    executor: ExecutorInfo | None = None
    is_group: bool = False
    launches_executor: bool = True


def delivery_of(message: RunTask | RunTaskGroup) -> Delivery:
    """What a master's message hands over; of a group each task comes to name the executor."""
    match message:
        case RunTask(framework=framework, task=task):
            return Delivery(
                framework=framework,
                tasks=(task,),
                executor=task.executor,
                launches_executor=message.launches_executor,
            )
        case RunTaskGroup(framework=framework, executor=executor, task_group=group):
            return Delivery(
                framework=framework,
                tasks=tuple(evolve(task, executor=executor) for task in group.tasks),
                executor=executor,
                is_group=True,
                launches_executor=message.launches_executor,
            )


def find_volumes(holder: TaskInfo | ExecutorInfo, find_volume: FindVolume) -> tuple[PersistentVolume, ...]:
    """The persistent volumes among the resources of a task or executor, each where that one wants it."""
    return tuple(
        PersistentVolume(path=find_volume(item.kind), container_path=item.kind.disk.volume.container_path)
        for item in holder.resources
        if is_volume(item.kind) and item.kind.disk is not None and item.kind.disk.volume is not None
    )


def user_of(framework: FrameworkInfo, task: TaskInfo) -> str | None:
    """The unix user that a plain process runs as: the command's, else the framework's."""
    command_user = task.command.user if task.command is not None else None
    return command_user or framework.user or None
