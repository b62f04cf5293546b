"""What an agent does about its past: containers that live on are taken up, ends are reported, strangers removed
(mesos-semantics 8). Whether new flags still hold what runs is in ``reconfiguration.py``. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import frozen

from koinon_core.ids import ContainerId

from ..containerizer import KnownContainer, Orphan, Recovered
from ..events import ContainerEnded, ContainerGone, ContainerStarted
from ..instructions import Instruction, Note, RemoveContainer
from ..tasks.hosted import HostedTask
from ..tasks.machine import TaskMachine

RecoveryEvent = ContainerStarted | ContainerEnded | ContainerGone


@frozen(kw_only=True)
class RecoveryPlan:
    """What to tell the tasks, each by its container, and what else is to be done."""

    events: tuple[tuple[ContainerId, RecoveryEvent], ...] = ()
    instructions: tuple[Instruction, ...] = ()


def known_containers(tasks: Iterable[TaskMachine]) -> list[KnownContainer]:
    """The containers to look for: those of tasks that had not ended; where executors run them, they have none."""
    own = (task for task in tasks if not isinstance(task, HostedTask))
    return [KnownContainer(task.container_id, Path(task.accepted.sandbox)) for task in own if not task.is_ended]


def plan_recovery(recovered: Recovered, orphans: Sequence[Orphan], *, kills_orphans: bool) -> RecoveryPlan:
    """Take up what lives, report what ended or is gone, remove what nobody remembers."""
    events: list[tuple[ContainerId, RecoveryEvent]] = [
        *((run.container_id, ContainerStarted(run)) for run in recovered.live),
        *((ended.container_id, ContainerEnded(ended)) for ended in recovered.ended),
        *((container_id, ContainerGone(container_id)) for container_id in recovered.gone),
    ]
    instructions: list[Instruction] = []
    if events:
        counts = {"live": len(recovered.live), "ended": len(recovered.ended), "gone": len(recovered.gone)}
        instructions.append(Note("containers_recovered", {name: str(count) for name, count in counts.items()}))
    for orphan in orphans:
        fields = {"container": str(orphan.container_id), "task": str(orphan.task_id)}
        if orphan.is_running and not kills_orphans:
            instructions.append(Note("orphan_left_alone", fields))
        else:
            instructions += [Note("orphan_removed", fields), RemoveContainer(orphan.container_id)]
    return RecoveryPlan(events=tuple(events), instructions=tuple(instructions))
