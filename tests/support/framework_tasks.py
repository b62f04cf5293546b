"""Tasks and updates of a framework, as short as tests want to say them."""

from __future__ import annotations

from typing import Any

from koinon_core.containers import CommandInfo
from koinon_core.ids import AgentId, TaskId, Uuid
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus


def make_task(name: str, agent: str = "S0") -> TaskInfo:
    """A task of one cpu, called as its id."""
    return TaskInfo(
        name=name,
        task_id=TaskId(name),
        agent_id=AgentId(agent),
        resources=parse_resources("cpus:1;mem:64"),
        command=CommandInfo(value="sleep 1000"),
    )


def make_status(name: str, state: str, uuid: int | None = None, **fields: Any) -> TaskStatus:
    """An update, for instance ``("a", "RUNNING", 1)``; without a uuid as masters make them."""
    return TaskStatus(
        task_id=TaskId(name),
        state=TaskState[f"TASK_{state}"],
        agent_id=AgentId("S0"),
        uuid=None if uuid is None else Uuid(uuid.to_bytes(16)),
        **fields,
    )
