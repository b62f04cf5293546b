"""Why an app or a pod is not as it is wanted: as a whole, agent by agent, task by task."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import click
from rich.markup import escape

from .agent_reasons import AgentReason, agent_reasons
from .completion import APP
from .deployment_wait import describe
from .errors import CliError, NotFound, TimedOut
from .explanation import Refusals, limits_reached
from .paths import app_path, pod_path
from .pod_status import count_stable
from .settings import Settings, json_option, show_json

_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 3.0
_MOST_AGENTS = 50


@click.command("why")
@APP
@json_option
@click.pass_obj
def why_app_waits(settings: Settings, app_id: str, as_json: bool) -> None:
    """Say why an app does not run as it should.

    What keeps it waiting as a whole, each agent with what it lacks, each task that is not well, and what its deployment
    waits for.
    """
    explain(settings, app_id, as_json)


@click.command("wait")
@APP
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait no longer; exit 6 then.")
@json_option
@click.pass_obj
def wait_for_app(settings: Settings, app_id: str, timeout: float | None, as_json: bool) -> None:
    """Wait until an app is deployed, runs and is well.

    As long as it is not, say why.
    """
    begin, told = time.monotonic(), [""]
    with settings.progress.status("waiting ...") as status:
        while not _is_well(shown := _ask_app(settings, app_id)):
            waited = time.monotonic() - begin
            is_over = timeout is not None and waited >= timeout
            lines = list(why(settings, app_id).lines()) if is_over or waited >= _PATIENCE_SECONDS else told
            if is_over:
                raise TimedOut(f"{app_id} is not well within {timeout:g} seconds", problems=tuple(lines))
            status.update(escape("\n".join([_headline(shown), *lines])))
            if lines != told and not settings.progress.is_terminal:
                settings.note("\n".join(lines))
            told = lines
            time.sleep(_POLL_SECONDS)
    if as_json:
        show_json({"app": shown})
    else:
        settings.say(_headline(shown))


def explain(settings: Settings, spec_id: str, as_json: bool) -> None:
    """Print why an app or a pod waits."""
    found = why(settings, spec_id)
    if as_json:
        show_json(found.document())
        return
    for line in found.lines():
        settings.say(line)


def why(settings: Settings, spec_id: str) -> Why:
    """All that Marathon and the master say of an app, or else of a pod. Raises NotFound where there is neither."""
    item = _queue_item(settings, spec_id)
    found = Why()
    try:
        app = _ask_app(settings, spec_id)
        found.headline = _headline(app)
        found.reasons += _task_reasons(app)
    except NotFound:
        status = settings.ask_marathon("GET", f"{pod_path(spec_id)}::status").document
        found.headline = f"{status['id']}: {count_stable(status)}"
        found.reasons += [status["message"]] if status.get("message") else []
    found.reasons += [line for each in _deployments_of(settings, spec_id) for line in _deployment_reasons(each)]
    if item is None:
        return found
    if item["count"]:
        found.reasons.append(f"waiting to start {item['count']}, since {item['since']}")
    found.reasons += item.get("explanation", ())
    if item["count"]:
        found.agents += _agent_reasons(settings, item, found.reasons)
    return found


class Why:
    """What was found: a headline, sentences, and a sentence an agent."""

    def __init__(self) -> None:
        self.headline = ""
        self.reasons: list[str] = []
        self.agents: list[AgentReason] = []

    def lines(self) -> Iterator[str]:
        """For people."""
        yield self.headline
        yield from (f"  {reason}" for reason in self.reasons)
        yield from (f"  {each.hostname} ({each.agent_id}): {each.reason}" for each in self.agents[:_MOST_AGENTS])
        if len(self.agents) > _MOST_AGENTS:
            yield f"  and {len(self.agents) - _MOST_AGENTS} more agents: --json lists them all"

    def document(self) -> dict[str, Any]:
        """For programs."""
        agents = [{"agentId": one.agent_id, "hostname": one.hostname, "reason": one.reason} for one in self.agents]
        return {"summary": self.headline, "reasons": self.reasons, "agents": agents}


def _ask_app(settings: Settings, app_id: str) -> dict[str, Any]:
    app: dict[str, Any] = settings.ask_marathon("GET", app_path(app_id)).document["app"]
    return app


def spec_of(item: dict[str, Any]) -> dict[str, Any]:
    """The app or the pod that an item of the queue is about."""
    spec: dict[str, Any] = item.get("app") or item["pod"]
    return spec


def _queue_item(settings: Settings, spec_id: str) -> dict[str, Any] | None:
    items = settings.ask_marathon("GET", "/v2/queue", embed="explanation").document["queue"]
    wanted = spec_id.strip("/")
    return next((item for item in items if spec_of(item)["id"].strip("/") == wanted), None)


def _is_well(app: dict[str, Any]) -> bool:
    is_checked = bool(app.get("healthChecks"))
    return (
        not app.get("deployments")
        and app["tasksRunning"] == app["instances"]
        and (not is_checked or app["tasksHealthy"] >= app["instances"])
    )


def _headline(app: dict[str, Any]) -> str:
    health = f", {app['tasksHealthy']} are healthy" if app.get("healthChecks") else ""
    return f"{app['id']}: {app['tasksRunning']} of {app['instances']} run{health}"


def _task_reasons(app: dict[str, Any]) -> Iterator[str]:
    for task in app.get("tasks", ()):
        where = f"{task['id']} on {task['host']}" if task["host"] else task["id"]
        if task["state"] != "TASK_RUNNING":
            if task["host"]:
                yield f"{where}: {task['state']} since {task.get('stagedAt', 'it was launched')}"
            continue
        results = task.get("healthCheckResults") or ()
        if app.get("healthChecks") and not results:
            yield f"{where}: no health check has answered yet"
        for result in results:
            if result and not result.get("alive"):
                cause = result.get("lastFailureCause") or "no success yet"
                yield f"{where}: unhealthy, {result.get('consecutiveFailures', 0)} failures in a row: {cause}"
    for result in app.get("readinessCheckResults") or ():
        if not result.get("ready"):
            answer = result.get("lastResponse") or {}
            said = f", it answered {answer['status']}" if "status" in answer else ""
            yield f"{result.get('taskId')}: not ready{said}"


def _deployments_of(settings: Settings, spec_id: str) -> Iterator[dict[str, Any]]:
    wanted = "/" + spec_id.strip("/")
    for each in settings.ask_marathon("GET", "/v2/deployments", embed="explanation").document:
        if wanted in (*each.get("affectedApps", ()), *each.get("affectedPods", ())):
            yield each


def _deployment_reasons(deployment: dict[str, Any]) -> Iterator[str]:
    yield f"deployment {deployment['id']}: {describe(deployment)}"
    yield from deployment.get("explanation", ())


def _agent_reasons(settings: Settings, item: dict[str, Any], notes: list[str]) -> list[AgentReason]:
    role = item.get("role") or spec_of(item).get("role", "*")
    try:
        framework_id = settings.ask_marathon("GET", "/v2/info").document.get("frameworkId")
        if framework_id is None:
            return agent_reasons(item, (), ())
        refusals = settings.ask_master("/koinon/explain", framework_id=framework_id, role=role)["refusals"]
        agents = settings.ask_master("/slaves")["slaves"]
        roles = settings.ask_master("/roles")["roles"]
    except CliError as error:
        notes.append(f"only agents that were offered lately are told of: {error}")
        return agent_reasons(item, (), ())
    notes += limits_reached(roles, Refusals(refusals).roles)
    if not agents:
        notes.append("no agent is registered with the master")
    return agent_reasons(item, refusals, agents)
