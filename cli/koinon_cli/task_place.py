"""Where a task is: its agent, its sandbox there and its container, as the master and the agent know them."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from koinon_daemon.credentials import Credential

from .errors import NotFound
from .http_api import BlockingApi, Request
from .settings import Settings


@frozen(kw_only=True)
class TaskPlace:
    """``agent`` is a URL. ``container_id`` is None where nobody told it: ask the agent (``find_container``)."""

    api: BlockingApi
    task_id: str
    agent: str
    directory: str
    state: str
    container_id: dict[str, Any] | None = None
    credential: Credential | None = None

    def ask_agent(self, path: str) -> Any:
        """Read a document of the agent's. Raises CliError."""
        return self.api.call(Request(method="GET", url=self.agent + path, credential=self.credential)).document


def find_task(settings: Settings, task_id: str) -> TaskPlace:
    """The place of a task the master knows, be it over. Raises NotFound and other CliErrors."""
    tasks = settings.ask_master("/tasks", task_id=task_id)["tasks"]
    found = next((task for task in tasks if task["id"] == task_id), None)
    if found is None:
        raise NotFound(f"the master knows no task {task_id!r}")
    agents = settings.ask_master("/slaves", slave_id=found["slave_id"])["slaves"]
    agent = next((agent for agent in agents if agent["id"] == found["slave_id"]), None)
    if agent is None:
        raise NotFound(f"the agent {found['slave_id']} of task {task_id!r} is gone, and its sandbox with it")
    container_id = _told_container(found)
    directory = f"/frameworks/{found['framework_id']}/executors/{found['executor_id'] or found['id']}/runs/latest"
    if container_id is not None and "parent" in container_id:
        # A task of a pod has its files within the pod's.
        directory += f"/tasks/{task_id}"
    return TaskPlace(
        api=settings.api,
        task_id=task_id,
        agent=f"http://{agent['pid'].partition('@')[2]}",
        directory=directory,
        state=found.get("state", ""),
        container_id=container_id,
        credential=settings.credential,
    )


def find_container(place: TaskPlace) -> dict[str, Any]:
    """The id of the container in which a task runs. Raises NotFound where it does not run, and other CliErrors."""
    if place.container_id is not None:
        return place.container_id
    for framework in place.ask_agent("/state")["frameworks"]:
        for executor in framework["executors"]:
            if any(task["id"] == place.task_id for task in executor["tasks"]):
                return {"value": executor["container"]}
    raise NotFound(f"task {place.task_id!r} does not run on its agent (any more): {place.state or 'no state'}")


def _told_container(task: dict[str, Any]) -> dict[str, Any] | None:
    """By the latest status that says it."""
    for status in reversed(task.get("statuses", [])):
        told = status.get("container_status", {}).get("container_id")
        if told is not None:
            return dict(told)
    return None
