"""What makes an executor invalid (mesos-v1-api 2.6), whether a task or a group names it. The texts are Mesos's."""

from __future__ import annotations

from koinon_core.containers import ContainerType
from koinon_core.ids import FrameworkId, find_id_problem
from koinon_core.tasks import ExecutorInfo, ExecutorType

from .commands import find_command_problem
from .containers import find_container_problem
from .resources import find_items_problem, find_mix_problem, find_roles_problem, find_use_problem


def find_executor_problem(
    executor: ExecutorInfo, framework_id: FrameworkId, running: ExecutorInfo | None, *, is_named: bool = True
) -> str | None:
    """The first thing that is wrong with an executor, or None. ``running`` is what the agent has under its id.

    Where the master does not fill in whose executor it is, ``is_named`` tells whether the framework did.
    """
    return (
        find_items_problem(executor.resources)
        or find_id_problem(executor.executor_id)
        or find_type_problem(executor)
        or (None if is_named else "'ExecutorInfo.framework_id' must be set")
        or _find_framework_problem(executor, framework_id)
        or _find_difference(executor, running)
        or _find_grace_problem(executor)
        or _find_program_problem(executor)
        or _find_resources_problem(executor)
    )


def find_type_problem(executor: ExecutorInfo) -> str | None:
    """What its type does not go with, or None: the agent brings the DEFAULT one's command, the framework CUSTOM's."""
    if executor.type is ExecutorType.CUSTOM:
        return None if executor.command is not None else "'ExecutorInfo.command' must be set for 'CUSTOM' executor"
    if executor.type is not ExecutorType.DEFAULT:
        return None
    if executor.command is not None:
        return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor"
    container = executor.container
    if container is not None and container.type is not ContainerType.MESOS:
        return "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor"
    if container is not None and container.mesos is not None and container.mesos.image is not None:
        return "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor"
    return None


def _find_framework_problem(executor: ExecutorInfo, framework_id: FrameworkId) -> str | None:
    named = executor.framework_id
    if named in (None, framework_id):
        return None
    return f"ExecutorInfo has an invalid FrameworkID (Actual: {named} vs Expected: {framework_id})"


def _find_difference(executor: ExecutorInfo, running: ExecutorInfo | None) -> str | None:
    names = [] if running is None else [name for name in _FIELDS if _is_different(name, executor, running)]
    if not names:
        return None
    return (
        f"ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID. Executor "
        f"'{executor.executor_id}' differs in: {', '.join(names)}"
    )


_FIELDS = tuple(field.name for field in ExecutorInfo.__attrs_attrs__ if field.name != "framework_id")
"""All but what the master adds to an executor."""


def _is_different(name: str, executor: ExecutorInfo, running: ExecutorInfo) -> bool:
    """Whether a field differs, the mark of the role that the master adds to resources left out of account."""
    if name == "resources":
        return executor.resources.allocated_to(None) != running.resources.allocated_to(None)
    return bool(getattr(executor, name) != getattr(running, name))


def _find_grace_problem(executor: ExecutorInfo) -> str | None:
    grace = executor.shutdown_grace_period
    if grace is not None and grace.nanoseconds < 0:
        return "ExecutorInfo's 'shutdown_grace_period' must be non-negative"
    return None


def _find_program_problem(executor: ExecutorInfo) -> str | None:
    problem = None if executor.command is None else find_command_problem(executor.command)
    if problem is not None:
        return f"Executor's `CommandInfo` is invalid: {problem}"
    problem = None if executor.container is None else find_container_problem(executor.container)
    return None if problem is None else f"Executor's `ContainerInfo` is invalid: {problem}"


def _find_resources_problem(executor: ExecutorInfo) -> str | None:
    problem = find_use_problem(executor.resources)
    if problem is not None:
        return f"Executor uses invalid resources: {problem}"
    problem = find_roles_problem(executor.resources)
    if problem is not None:
        return f"Invalid executor resources: {problem}"
    problem = find_mix_problem(executor.resources)
    return None if problem is None else f"Executor mixes revocable and non-revocable resources: {problem}"
