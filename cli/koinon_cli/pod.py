"""``koinon pod``: pods, containers that start and end together."""

from __future__ import annotations

from typing import Any

import click

from .app_why import explain
from .apply import apply_file
from .completion import POD
from .http_api import Answer
from .outcome import How, change_options, finish_change, force_option, said
from .paths import pod_path
from .plan import plan_file
from .pod_status import count_stable
from .settings import Settings, json_option, show_json
from .versions import pick_version, show_versions


@click.group()
def pod() -> None:
    """Pods: containers that start and end together."""


@pod.command("list")
@json_option
@click.pass_obj
def list_pods(settings: Settings, as_json: bool) -> None:
    """List all pods."""
    statuses = settings.ask_marathon("GET", "/v2/pods/::status").document
    if as_json:
        show_json(statuses)
        return
    rows = [
        (
            each["id"],
            each["status"],
            count_stable(each),
            ", ".join(container["name"] for container in each["spec"]["containers"]),
        )
        for each in statuses
    ]
    settings.show_table(("ID", "STATUS", "INSTANCES", "CONTAINERS"), rows)


@pod.command("show")
@POD
@click.option("--version", metavar="VERSION", help="As it was defined then.")
@json_option
@click.pass_obj
def show_pod(settings: Settings, pod_id: str, version: str | None, as_json: bool) -> None:  # noqa: ARG001
    """Print its definition, which is JSON."""
    path = pod_path(pod_id) if version is None else f"{pod_path(pod_id)}::versions/{version}"
    show_json(settings.ask_marathon("GET", path).document)


@pod.command("status")
@POD
@json_option
@click.pass_obj
def show_status(settings: Settings, pod_id: str, as_json: bool) -> None:
    """Show its instances and their containers."""
    status = settings.ask_marathon("GET", f"{pod_path(pod_id)}::status").document
    if as_json:
        show_json(status)
        return
    facts = (status["id"], status["status"], count_stable(status), status.get("message"))
    settings.say(": ".join(filter(None, facts)))
    rows = [
        (instance["id"], instance["status"], instance.get("agentHostname", "-"), container["name"], container["status"])
        for instance in status["instances"]
        for container in instance.get("containers", ())
    ]
    settings.show_table(("INSTANCE", "STATUS", "HOST", "CONTAINER", "STATE"), rows)
    for ended in status.get("terminationHistory", ()):
        settings.say(f"last ended: {ended['instanceID']}: {ended.get('message') or 'nothing was said'}")


@pod.command("why")
@POD
@json_option
@click.pass_obj
def why_pod_waits(settings: Settings, pod_id: str, as_json: bool) -> None:
    """Say why a pod does not run as it should.

    What keeps it waiting as a whole, each agent with what it lacks, and what its deployment waits for.
    """
    explain(settings, pod_id, as_json)


@pod.command("scale")
@POD
@click.argument("instances", type=click.IntRange(min=0))
@force_option
@change_options
@click.pass_obj
def scale_pod(settings: Settings, /, pod_id: str, instances: int, force: bool, **how: Any) -> None:
    """Set how many instances of a pod run."""
    body = settings.ask_marathon("GET", pod_path(pod_id)).document
    body["scaling"] = {"kind": "fixed", "instances": instances}
    answer = _put(settings, pod_path(pod_id), body, force)
    finish_change(settings, answer, How(**how), f"{pod_id} scaled to {instances}")


@pod.command("versions")
@POD
@json_option
@click.pass_obj
def list_versions(settings: Settings, pod_id: str, as_json: bool) -> None:
    """List the kept versions, newest first, and what each changed."""
    show_versions(settings, f"{pod_path(pod_id)}::versions", as_json)


@pod.command("rollback")
@POD
@click.argument("version", default="last")
@force_option
@change_options
@click.pass_obj
def roll_back(settings: Settings, /, pod_id: str, version: str, force: bool, **how: Any) -> None:
    """Take back an earlier VERSION: by default the last."""
    path = f"{pod_path(pod_id)}::versions"
    wanted = pick_version(settings, path, version)
    body = settings.ask_marathon("GET", f"{path}/{wanted}").document
    answer = _put(settings, pod_path(pod_id), body, force)
    finish_change(settings, answer, How(**how), f"{pod_id} is as of {wanted}")


@pod.command("kill")
@POD
@click.argument("instance_id", metavar="INSTANCE")
@json_option
@click.pass_obj
def kill_instance(settings: Settings, pod_id: str, instance_id: str, as_json: bool) -> None:
    """Kill one instance; another one starts in its place."""
    document = settings.ask_marathon("DELETE", f"{pod_path(pod_id)}::instances/{instance_id}").document
    if as_json:
        show_json(document)
    else:
        settings.say(f"{instance_id} killed")


@pod.command("remove")
@POD
@force_option
@change_options
@click.pass_obj
def remove_pod(settings: Settings, /, pod_id: str, force: bool, **how: Any) -> None:
    """Remove a pod and kill its instances."""
    answer = settings.ask_marathon("DELETE", pod_path(pod_id), force=said(force))
    finish_change(settings, answer, How(**how), f"{pod_id} removed")


for verb in (apply_file, plan_file):
    pod.add_command(verb)


def _put(settings: Settings, path: str, body: dict[str, Any], force: bool) -> Answer:
    # The version is Marathon's to give.
    changed = {name: value for name, value in body.items() if name != "version"}
    return settings.ask_marathon("PUT", path, changed, force=said(force))
