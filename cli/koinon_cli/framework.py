"""``koinon framework``: who schedules on the cluster."""

from __future__ import annotations

from typing import Any

import click

from koinon_daemon.flag_values import format_duration

from .amounts import show_nonzero
from .framework_new import write_framework
from .framework_why import why_framework_starves
from .lookup import find_framework
from .master_tasks import Whose, live_tasks, show_tasks
from .settings import Settings, json_option, show_json, yes_option


@click.group()
def framework() -> None:
    """Frameworks: who is offered resources, and holds them.

    A framework is named by its id, by the end of it (0000), or by its name.
    """


framework.add_command(write_framework)
framework.add_command(why_framework_starves)


@framework.command("list")
@json_option
@click.pass_obj
def list_frameworks(settings: Settings, as_json: bool) -> None:
    """List the frameworks that are registered."""
    document = settings.ask_master("/frameworks")
    if as_json:
        show_json(document)
        return
    rows = [
        (
            each["id"],
            each["name"],
            _state(each),
            _roles(each),
            str(len(each["tasks"])),
            f"{each['used_resources']['cpus']:g}",
            f"{each['used_resources']['mem']:g}",
        )
        for each in document["frameworks"]
    ]
    settings.show_table(("ID", "NAME", "STATE", "ROLES", "TASKS", "CPUS", "MEM"), rows)


@framework.command("show")
@click.argument("name", metavar="FRAMEWORK")
@json_option
@click.pass_obj
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Show a framework, what it holds, and its tasks."""
    found = find_framework(settings, name)
    if as_json:
        show_json(found)
        return
    settings.show_facts(_facts(found))
    tasks = live_tasks(settings, Whose(framework_id=found["id"]))
    if tasks:
        settings.say("")
        show_tasks(settings, tasks)


@framework.command("teardown")
@click.argument("name", metavar="FRAMEWORK")
@yes_option
@json_option
@click.pass_obj
def teardown(settings: Settings, name: str, yes: bool, as_json: bool) -> None:
    """End a framework, and all of its tasks, for good."""
    found = find_framework(settings, name)
    ends = f"{found['name']} ({found['id']}) ends for good, and its {len(found['tasks'])} tasks with it."
    settings.confirm(ends, yes)
    settings.tell_master("TEARDOWN", framework_id={"value": found["id"]})
    if as_json:
        show_json({"framework_id": found["id"]})
    else:
        settings.say(f"{found['name']} ({found['id']}) is ended")


def _facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("id", found["id"]),
        ("name", found["name"]),
        ("state", _state(found)),
        ("roles", _roles(found)),
        ("principal", found.get("principal", "-")),
        ("user", found["user"]),
        ("web UI", found["webui_url"] or "-"),
        ("may be away for", format_duration(found["failover_timeout"])),
        ("holds", show_nonzero(found["used_resources"])),
        ("is offered", show_nonzero(found["offered_resources"])),
        ("open offers", str(len(found["offers"]))),
        ("tasks", f"{len(found['tasks'])}, {len(found['completed_tasks'])} that ended are still known"),
        ("capabilities", " ".join(found["capabilities"]) or "-"),
    ]


def _roles(each: dict[str, Any]) -> str:
    return ",".join(each.get("roles") or (each.get("role", "*"),))


def _state(each: dict[str, Any]) -> str:
    if each.get("recovered"):
        return "expected"
    if not each["connected"]:
        return "disconnected"
    return "active" if each["active"] else "inactive"
