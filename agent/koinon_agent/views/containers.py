"""Which of the agent's containers has an id, and whose it is. Pure."""

from __future__ import annotations

from pathlib import Path

from koinon_core.ids import ContainerId
from koinon_core.visibility import executor_user, task_user

from ..agent import Agent
from ..nested.requests import Around
from .parts import own_executors


def find_around(agent: Agent, container_id: str) -> Around | None:
    """The container of a task that has not ended, of an executor or of a pod; None where there is no such."""
    own_id = ContainerId(container_id)
    machine = agent.tasks.of_container(own_id)
    if machine is not None and not machine.is_ended:
        accepted = machine.accepted
        return Around(
            container_id=own_id, sandbox=Path(accepted.sandbox), user=task_user(machine.framework, accepted.task)
        )
    for accepted_executor in own_executors(agent):
        framework = agent.tasks.frameworks.get(accepted_executor.framework_id)
        if accepted_executor.container_id == own_id and framework is not None:
            user = executor_user(framework, accepted_executor.executor)
            return Around(container_id=own_id, sandbox=Path(accepted_executor.sandbox), user=user)
    return None
