"""``koinon deployment``: changes under way. One that is done is no longer listed."""

from __future__ import annotations

from typing import Any

import click

from .completion import DEPLOYMENT
from .deployment_wait import describe, describe_actions, find_deployment, reasons_of, wait_for_deployment
from .errors import NotFound
from .outcome import How, change_options, finish_change
from .settings import Settings, json_option, show_json


@click.group()
def deployment() -> None:
    """Deployments: changes that are under way."""


@deployment.command("list")
@json_option
@click.pass_obj
def list_deployments(settings: Settings, as_json: bool) -> None:
    """List what is being changed, and how far it has come."""
    deployments = settings.ask_marathon("GET", "/v2/deployments").document
    if as_json:
        show_json(deployments)
        return
    rows = [
        (
            each["id"],
            f"{each['currentStep']}/{each['totalSteps']}",
            ", ".join([*each["affectedApps"], *each["affectedPods"]]),
            ", ".join(action["action"] for action in each["currentActions"]) or "-",
        )
        for each in deployments
    ]
    settings.show_table(("ID", "STEP", "CHANGES", "DOES NOW"), rows)


@deployment.command("show")
@DEPLOYMENT
@json_option
@click.pass_obj
def show_deployment(settings: Settings, deployment_id: str, as_json: bool) -> None:
    """Show its steps, where it is, and what it waits for."""
    found = _find(settings, deployment_id)
    if as_json:
        show_json(found)
        return
    settings.say(describe(found))
    for number, step in enumerate(found["steps"], 1):
        mark = "done" if number < found["currentStep"] else "now " if number == found["currentStep"] else "then"
        settings.say(f"  {mark}  {describe_actions(step['actions'])}")
    for line in reasons_of(settings, found):
        settings.say(line)


@deployment.command("wait")
@DEPLOYMENT
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait no longer; exit 6 then.")
@json_option
@click.pass_obj
def wait(settings: Settings, deployment_id: str, timeout: float | None, as_json: bool) -> None:
    """Wait until it is over."""
    _find(settings, deployment_id)
    wait_for_deployment(settings, deployment_id, timeout)
    if as_json:
        show_json({"id": deployment_id})
    else:
        settings.say(f"deployment {deployment_id} is over")


@deployment.command("rollback")
@DEPLOYMENT
@change_options
@click.pass_obj
def roll_back(settings: Settings, /, deployment_id: str, **how: Any) -> None:
    """Undo it by a deployment in the other direction."""
    answer = settings.ask_marathon("DELETE", f"/v2/deployments/{deployment_id}")
    finish_change(settings, answer, How(**how), f"deployment {deployment_id} is undone")


@deployment.command("cancel")
@DEPLOYMENT
@json_option
@click.pass_obj
def cancel(settings: Settings, deployment_id: str, as_json: bool) -> None:
    """Stop it where it is: nothing is undone."""
    settings.ask_marathon("DELETE", f"/v2/deployments/{deployment_id}", force="true")
    if as_json:
        show_json({"id": deployment_id})
    else:
        settings.say(f"deployment {deployment_id} is stopped where it was")


def _find(settings: Settings, deployment_id: str) -> dict[str, Any]:
    found = find_deployment(settings, deployment_id)
    if found is None:
        raise NotFound(f"no deployment {deployment_id} is under way: it is over, or there never was one")
    return found
