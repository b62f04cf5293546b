"""What happens to a task that an executor of its framework's own runs, as values. What follows is in ``hosted.py``.
Pure.
"""

from __future__ import annotations

from attrs import frozen

from koinon_core.tasks import TaskResourceLimitation, TaskState, TaskStatus, TaskStatusReason


@frozen
class Delivered:
    """Its executor is told to launch it."""


@frozen
class UpdateHeard:
    """Its executor tells of it; not of its end."""

    status: TaskStatus


@frozen
class EndHeard:
    """Its executor tells of its end."""

    status: TaskStatus


@frozen(kw_only=True)
class GivenUp:
    """No executor will tell of it any more: this is told instead."""

    state: TaskState
    reason: TaskStatusReason
    message: str
    limitation: TaskResourceLimitation | None = None


HostedEvent = Delivered | UpdateHeard | EndHeard | GivenUp
