"""``koinon app``: apps of Marathon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from .app_file import app_path, read_apps
from .deployment_wait import wait_for_deployment, wait_options
from .errors import CliError, NotFound
from .http_api import Answer
from .settings import Settings, json_option, show_json
from .waiting import explain_waiting


@click.group()
def app() -> None:
    """Apps: what should run, and how often."""


@app.command("add")
@click.argument("file")
@wait_options
@json_option
@click.pass_obj
def add_app(settings: Settings, file: str, detach: bool, timeout: float | None, as_json: bool) -> None:
    """Add the app of a JSON FILE (- reads stdin), or several at once."""
    for definition in read_apps(file):
        answer = settings.ask_marathon("POST", "/v2/apps", definition)
        app_id = answer.document["id"]
        document = _finish(settings, answer, None if detach else app_id, timeout)
        _report(settings, document, f"{app_id} added", as_json)


@app.command("list")
@json_option
@click.pass_obj
def list_apps(settings: Settings, as_json: bool) -> None:
    """List all apps."""
    document = settings.ask_marathon("GET", "/v2/apps").document
    if as_json:
        show_json(document)
        return
    headings = ("ID", "RUNNING", "HEALTHY", "CPUS", "MEM", "DEPLOYING", "RUNS")
    settings.show_table(headings, [_row(each) for each in document["apps"]])


@app.command("show")
@click.argument("app_id", metavar="ID")
@json_option
@click.pass_obj
def show_app(settings: Settings, app_id: str, as_json: bool) -> None:
    """Show one app, its tasks, and why it waits if it does."""
    document = settings.ask_marathon("GET", app_path(app_id)).document
    if as_json:
        show_json(document)
        return
    shown = document["app"]
    for line in _facts(shown) + explain_waiting(settings, shown["id"]):
        settings.say(line)
    rows = [
        (task["id"], task["state"], f"{task['host']}:{','.join(map(str, task['ports']))}")
        for task in shown.get("tasks", ())
    ]
    if rows:
        settings.show_table(("TASK", "STATE", "WHERE"), rows)


@app.command("scale")
@click.argument("app_id", metavar="ID")
@click.argument("instances", type=click.IntRange(min=0))
@click.option("--force", is_flag=True, help="Override a deployment that is under way.")
@wait_options
@json_option
@click.pass_obj
def scale_app(settings: Settings, /, app_id: str, instances: int, force: bool, **options: Any) -> None:
    """Set how many instances of an app run."""
    # The existence is asked first, as a PUT of an unknown app would be taken for an incomplete new one.
    settings.ask_marathon("GET", app_path(app_id))
    answer = settings.ask_marathon("PUT", app_path(app_id), {"instances": instances}, force=str(force).lower())
    waited_for = None if options["detach"] else app_id
    document = _finish(settings, answer, waited_for, options["timeout"])
    _report(settings, document, f"{app_id} scaled to {instances}", options["as_json"])


@app.command("remove")
@click.argument("app_id", metavar="ID")
@wait_options
@json_option
@click.pass_obj
def remove_app(settings: Settings, app_id: str, detach: bool, timeout: float | None, as_json: bool) -> None:
    """Remove an app and kill its tasks."""
    answer = settings.ask_marathon("DELETE", app_path(app_id))
    if not detach and answer.deployment_id:
        wait_for_deployment(settings, answer.deployment_id, timeout)
    _report(settings, answer.document, f"{app_id} removed", as_json)


def _finish(settings: Settings, answer: Answer, app_id: str | None, timeout: float | None) -> Any:
    """Wait for what ``answer`` began, and return the app as it stands then; without an id, the answer as it is."""
    if app_id is None or answer.deployment_id is None:
        return answer.document
    wait_for_deployment(settings, answer.deployment_id, timeout)
    try:
        return settings.ask_marathon("GET", app_path(app_id)).document
    except NotFound as error:
        raise CliError(f"{app_id} is gone: its deployment was cancelled or rolled back") from error


def _report(settings: Settings, document: Any, what: str, as_json: bool) -> None:
    shown = document.get("app") if isinstance(document, dict) else None
    counted = f"{what}: {shown['tasksRunning']} of {shown['instances']} running" if shown else what
    if as_json:
        show_json(document)
    failure = _fresh_failure(shown) if shown else None
    if failure is not None:
        raise CliError(counted, problems=(_describe_failure(failure),))
    if not as_json:
        settings.say(counted)


def _fresh_failure(shown: dict[str, Any]) -> dict[str, Any] | None:
    """What ended a task of this very version, where too few run; a deployment is over once they ran for a moment."""
    failure: dict[str, Any] | None = shown.get("lastTaskFailure")
    if failure is None or shown["tasksRunning"] >= shown["instances"]:
        return None
    return failure if failure["timestamp"] >= shown["version"] else None


def _describe_failure(failure: dict[str, Any]) -> str:
    return f"last failure {failure['timestamp']}: {failure['state']} on {failure['host']}: {failure['message']}"


def _row(shown: dict[str, Any]) -> Sequence[str]:
    image = ((shown.get("container") or {}).get("docker") or {}).get("image")
    runs = image or shown.get("cmd") or " ".join(shown.get("args") or ())
    return (
        shown["id"],
        f"{shown['tasksRunning']}/{shown['instances']}",
        str(shown["tasksHealthy"]) if shown.get("healthChecks") else "-",
        f"{shown['cpus']:g}",
        f"{shown['mem']:g}",
        "yes" if shown.get("deployments") else "no",
        runs.replace("\n", " ")[:60],
    )


def _facts(shown: dict[str, Any]) -> list[str]:
    is_checked = bool(shown.get("healthChecks"))
    health = f", {shown['tasksHealthy']} healthy, {shown['tasksUnhealthy']} unhealthy" if is_checked else ""
    lines = [
        f"{shown['id']}  version {shown.get('version')}",
        f"instances {shown['instances']}: {shown['tasksRunning']} running, {shown['tasksStaged']} staged{health}",
        f"each {shown['cpus']:g} cpus, {shown['mem']:g} MB mem, {shown['disk']:g} MB disk",
    ]
    lines += [f"deploying: {deployment['id']}" for deployment in shown.get("deployments", ())]
    failure = shown.get("lastTaskFailure")
    if failure:
        lines.append(_describe_failure(failure))
    return lines
