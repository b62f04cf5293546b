"""Tasks of any framework, as the master knows them (GET_TASKS, mesos-operator-api 1.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import frozen

from .settings import Settings


@frozen(kw_only=True)
class Whose:
    """Which tasks: those of a framework, those on an agent, or both; None is all."""

    framework_id: str | None = None
    agent_id: str | None = None

    def takes(self, task: dict[str, Any]) -> bool:
        """Whether a task is one of them."""
        return self.framework_id in (None, task["framework_id"]["value"]) and self.agent_id in (
            None,
            task["agent_id"]["value"],
        )


def live_tasks(settings: Settings, whose: Whose) -> list[dict[str, Any]]:
    """Those that are not over, unreachable ones included, as the API has them. Raises CliError."""
    document = settings.tell_master("GET_TASKS")
    return [task for part in ("tasks", "unreachable_tasks") for task in document.get(part, ()) if whose.takes(task)]


def show_tasks(settings: Settings, tasks: Iterable[dict[str, Any]]) -> None:
    """A line a task, with its framework and its agent by name."""
    summary = settings.ask_master("/state-summary")
    hosts = {each["id"]: each["hostname"] for each in summary["slaves"]}
    names = {each["id"]: each["name"] for each in summary["frameworks"]}
    rows = [
        (
            task["task_id"]["value"],
            names.get(task["framework_id"]["value"], task["framework_id"]["value"]),
            task["state"],
            hosts.get(task["agent_id"]["value"], task["agent_id"]["value"]),
            _amount(task, "cpus"),
            _amount(task, "mem"),
        )
        for task in tasks
    ]
    settings.show_table(("TASK", "FRAMEWORK", "STATE", "HOST", "CPUS", "MEM"), rows)


def _amount(task: dict[str, Any], name: str) -> str:
    amounts = (item["scalar"]["value"] for item in task.get("resources", ()) if item["name"] == name)
    return f"{sum(amounts):g}"
