"""``koinon task``: tasks of Marathon, and what they wrote; other frameworks' tasks as the master lists them."""

from __future__ import annotations

import click

from .completion import TASK
from .deployment_wait import wait_for_deployment, wait_options
from .errors import NotFound
from .lookup import find_agent_id, find_framework
from .master_tasks import Whose, live_tasks, show_tasks
from .paths import app_path
from .sandbox_log import follow, log_of, print_tail
from .settings import Settings, json_option, show_json
from .task_exec import exec_in_task
from .task_place import find_task


@click.group()
def task() -> None:
    """Tasks: what runs, and where.

    Other frameworks' tasks are ended by them alone, or by koinon framework teardown, koinon agent drain.
    """


@task.command("list")
@click.option("--app", "app_id", metavar="ID", help="Only those of this app.")
@click.option("--framework", metavar="FRAMEWORK", help="Those of any framework, as the master knows them.")
@click.option("--agent", metavar="AGENT", help="Those on an agent, whosever they are.")
@json_option
@click.pass_obj
def list_tasks(settings: Settings, app_id: str | None, framework: str | None, agent: str | None, as_json: bool) -> None:
    """List the tasks of apps, of a framework, or on an agent.

    Without an option, those of all apps.
    """
    if framework is not None or agent is not None:
        if app_id is not None:
            raise click.UsageError("--app is for Marathon's tasks; it does not go with --framework or --agent")
        _list_from_master(settings, framework, agent, as_json)
        return
    path = "/v2/tasks" if app_id is None else f"{app_path(app_id)}/tasks"
    document = settings.ask_marathon("GET", path).document
    if as_json:
        show_json(document)
        return
    rows = [
        (each["id"], each["state"], each["host"], ",".join(map(str, each["ports"])) or "-", each.get("startedAt", "-"))
        for each in document["tasks"]
    ]
    settings.show_table(("ID", "STATE", "HOST", "PORTS", "STARTED"), rows)


def _list_from_master(settings: Settings, framework: str | None, agent: str | None, as_json: bool) -> None:
    whose = Whose(
        framework_id=None if framework is None else find_framework(settings, framework)["id"],
        agent_id=None if agent is None else find_agent_id(settings, agent),
    )
    tasks = live_tasks(settings, whose)
    if as_json:
        show_json({"tasks": tasks})
    else:
        show_tasks(settings, tasks)


@task.command("kill")
@TASK
@click.option("--scale", is_flag=True, help="Don't start another in its place.")
@wait_options
@json_option
@click.pass_obj
def kill_task(
    settings: Settings, task_id: str, scale: bool, detach: bool, timeout: float | None, as_json: bool
) -> None:
    """Kill a task; its app starts another one unless --scale is given."""
    answer = settings.ask_marathon("POST", "/v2/tasks/delete", {"ids": [task_id]}, scale=str(scale).lower())
    if not scale and not (answer.document or {}).get("tasks"):
        raise NotFound(f"Task '{task_id}' does not exist")
    if answer.deployment_id and not detach:
        wait_for_deployment(settings, answer.deployment_id, timeout)
    if as_json:
        show_json(answer.document)
    else:
        settings.say(f"{task_id} killed")


@task.command("logs")
@TASK
@click.option("-f", "--follow", "is_followed", is_flag=True, help="Go on as the task writes.")
@click.option("--file", "name", default="stdout", show_default=True, metavar="NAME", help="Which file: stdout, stderr.")
@click.option("--stderr", "name", flag_value="stderr", help="The same as --file stderr.")
@click.option("-n", "--lines", type=click.IntRange(min=0), help="Only the last so many lines; default all.")
@json_option
@click.pass_obj
def show_logs(settings: Settings, task_id: str, is_followed: bool, name: str, lines: int | None, as_json: bool) -> None:
    """Print what a task wrote, from the sandbox on its agent."""
    log = log_of(find_task(settings, task_id), name)
    if as_json:
        show_json({"task_id": task_id, "path": log.path, "data": "".join(log.pieces(0, log.size()))})
        return
    end = print_tail(log, lines)
    if is_followed:
        follow(log, end)


task.add_command(exec_in_task)
