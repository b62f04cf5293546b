"""``koinon app``: apps of Marathon. What changes them is ``app_changes``, why one waits ``app_why``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from .app_changes import VERBS as CHANGES
from .app_why import wait_for_app, why_app_waits
from .apply import apply_file
from .completion import APP
from .errors import NotFound
from .outcome import describe_failure
from .paths import app_path
from .plan import plan_file
from .sandbox_log import log_of, print_tail
from .settings import Settings, json_option, show_json
from .task_place import find_task
from .versions import show_versions
from .waiting import explain_waiting


@click.group()
def app() -> None:
    """Apps: what should run, and how often."""


@app.command("list")
@json_option
@click.pass_obj
def list_apps(settings: Settings, as_json: bool) -> None:
    """List all apps."""
    document = settings.ask_marathon("GET", "/v2/apps", embed="apps.status").document
    if as_json:
        show_json(document)
        return
    headings = ("ID", "STATUS", "RUNNING", "HEALTHY", "CPUS", "MEM", "RUNS")
    settings.show_table(headings, [_row(each) for each in document["apps"]])


@app.command("show")
@APP
@click.option("--version", metavar="VERSION", help="As it was defined then; print that as JSON.")
@json_option
@click.pass_obj
def show_app(settings: Settings, app_id: str, version: str | None, as_json: bool) -> None:
    """Show one app, its tasks, and why it waits if it does."""
    if version is not None:
        show_json(settings.ask_marathon("GET", f"{app_path(app_id)}/versions/{version}").document)
        return
    document = settings.ask_marathon("GET", app_path(app_id), embed="app.status").document
    if as_json:
        show_json(document)
        return
    shown = document["app"]
    for line in _facts(shown) + explain_waiting(settings, shown["id"]):
        settings.say(line)
    if shown.get("tasks"):
        _show_tasks(settings, shown["tasks"])


@app.command("tasks")
@APP
@json_option
@click.pass_obj
def list_tasks(settings: Settings, app_id: str, as_json: bool) -> None:
    """List the tasks of one app."""
    document = settings.ask_marathon("GET", f"{app_path(app_id)}/tasks").document
    if as_json:
        show_json(document)
    else:
        _show_tasks(settings, document["tasks"])


@app.command("logs")
@APP
@click.option("--file", "name", default="stdout", show_default=True, metavar="NAME", help="Which file: stdout, stderr.")
@click.option("-n", "--lines", type=click.IntRange(min=0), help="Only the last so many lines of each; default all.")
@json_option
@click.pass_obj
def show_logs(settings: Settings, app_id: str, name: str, lines: int | None, as_json: bool) -> None:
    """Print what each task of an app wrote.

    koinon task logs -f follows one of them.
    """
    tasks = settings.ask_marathon("GET", f"{app_path(app_id)}/tasks").document["tasks"]
    if not tasks:
        raise NotFound(f"{app_id} has no task")
    logs = {each["id"]: log_of(find_task(settings, each["id"]), name) for each in tasks if each["host"]}
    if as_json:
        show_json({task_id: "".join(log.pieces(0, log.size())) for task_id, log in logs.items()})
        return
    for task_id, log in logs.items():
        settings.note(f"==> {task_id} <==")
        print_tail(log, lines)


@app.command("versions")
@APP
@json_option
@click.pass_obj
def list_versions(settings: Settings, app_id: str, as_json: bool) -> None:
    """List the kept versions, newest first, and what each changed."""
    show_versions(settings, f"{app_path(app_id)}/versions", as_json)


for verb in (*CHANGES, apply_file, plan_file, why_app_waits, wait_for_app):
    app.add_command(verb)


def _show_tasks(settings: Settings, tasks: Sequence[dict[str, Any]]) -> None:
    rows = [(task["id"], task["state"], f"{task['host']}:{','.join(map(str, task['ports']))}") for task in tasks]
    settings.show_table(("TASK", "STATE", "WHERE"), rows)


def _row(shown: dict[str, Any]) -> Sequence[str]:
    image = ((shown.get("container") or {}).get("docker") or {}).get("image")
    runs = image or shown.get("cmd") or " ".join(shown.get("args") or ())
    return (
        shown["id"],
        _status(shown),
        f"{shown['tasksRunning']}/{shown['instances']}",
        str(shown["tasksHealthy"]) if shown.get("healthChecks") else "-",
        f"{shown['cpus']:g}",
        f"{shown['mem']:g}",
        runs.replace("\n", " ")[:60],
    )


def _status(shown: dict[str, Any]) -> str:
    """The word that Marathon has for the app; another Marathon than ours has none, and says only that it deploys."""
    known = shown.get("status")
    return str(known["word"]) if known else "Deploying" if shown.get("deployments") else "-"


def _facts(shown: dict[str, Any]) -> list[str]:
    is_checked = bool(shown.get("healthChecks"))
    health = f", {shown['tasksHealthy']} healthy, {shown['tasksUnhealthy']} unhealthy" if is_checked else ""
    lines = [
        f"{shown['id']}  version {shown.get('version')}",
        f"status {_status(shown)}" + (f": {why}" if (why := (shown.get("status") or {}).get("why")) else ""),
        f"instances {shown['instances']}: {shown['tasksRunning']} running, {shown['tasksStaged']} staged{health}",
        f"each {shown['cpus']:g} cpus, {shown['mem']:g} MB mem, {shown['disk']:g} MB disk",
    ]
    lines += [f"deploying: {deployment['id']}" for deployment in shown.get("deployments", ())]
    failure = shown.get("lastTaskFailure")
    if failure:
        lines.append(describe_failure(failure))
    return lines
