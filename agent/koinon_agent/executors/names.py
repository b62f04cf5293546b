"""How Mesos names the executor that it would run a command task in (mesos-semantics 7): as tools show it. Pure."""

from __future__ import annotations

from koinon_core.containers import CommandInfo
from koinon_core.tasks import TaskInfo

_LONGEST = 15
_SHOWN = 12


def name_command_executor(task: TaskInfo) -> str:
    """``Command Executor (Task: t1) (Command: sh -c 'sleep 30')``, long commands cut."""
    return f"Command Executor (Task: {task.task_id}) (Command: {_show(task.command)})"


def _show(command: CommandInfo | None) -> str:
    if command is None or command.value is None:
        return "NO COMMAND" if command is None or command.shell else "NO EXECUTABLE"
    if command.shell:
        return f"sh -c '{_cut(command.value)}'"
    return f"[{_cut(', '.join((command.value, *command.arguments)))}]"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_SHOWN]}..."
