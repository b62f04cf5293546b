"""Which records must be on disk before anything else is done, and which need but be written. Pure.

What is written outlives the agent at once, and the machine a little later. To frameworks that ask for no checkpoint not
even the former is owed (mesos-semantics 8), and what their executors run dies with the machine.
"""

from __future__ import annotations

from collections.abc import Mapping

from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import FrameworkId

from ..tasks.hosted import hosts_tasks
from .records import OperationAcknowledged, Record, TaskAccepted, UpdateAcknowledged, UpdateAppended


def is_light(record: Record, frameworks: Mapping[FrameworkId, FrameworkInfo]) -> bool:
    """Whether nobody needs to wait for the disk: an acknowledgement that a crash of the machine loses costs a repeated
    update; the tasks of a framework's own executors, and its updates, are lost with the machine if it asked for no
    checkpoint.
    """
    match record:
        case UpdateAcknowledged() | OperationAcknowledged():
            return True
        case TaskAccepted(task=task) if not hosts_tasks(task.executor):
            return False
        case TaskAccepted() | UpdateAppended():
            framework = frameworks.get(record.framework_id)
            return framework is not None and not framework.checkpoint
        case _:
            return False
