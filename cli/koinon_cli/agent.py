"""``koinon agent``: the machines of the cluster, as they are. What changes them is in the modules beside it."""

from __future__ import annotations

from typing import Any

import click

from .agent_drain import drain
from .agent_resources import create_volume, destroy_volume, reserve, unreserve
from .agent_state import agent_state
from .amounts import show_nonzero
from .completion import AGENT
from .lookup import find_agent, find_agent_id
from .master_tasks import Whose, live_tasks, show_tasks
from .settings import Settings, json_option, show_json, yes_option


@click.group()
def agent() -> None:
    """Agents: the machines, and what they have.

    An agent is named by its id, by the end of it (S0), or by its host's name. An unreachable agent is in no list: it is
    named by its whole id.
    """


@agent.command("list")
@json_option
@click.pass_obj
def list_agents(settings: Settings, as_json: bool) -> None:
    """List the agents with what is used of what they have."""
    document = settings.ask_master("/slaves")
    if as_json:
        show_json(document)
        return
    rows = [
        (
            each["id"],
            each["pid"].partition("@")[2],
            agent_state(each),
            _share(each, "cpus"),
            _share(each, "mem"),
            _share(each, "disk"),
            _attributes(each),
        )
        for each in document["slaves"]
    ]
    # What the last leader knew, and this one has not seen yet.
    rows += [
        (each["id"], f"{each['hostname']}:{each['port']}", "expected", "-", "-", "-", _attributes(each))
        for each in document.get("recovered_slaves", ())
    ]
    settings.show_table(("ID", "ADDRESS", "STATE", "CPUS", "MEM", "DISK", "ATTRIBUTES"), rows)


@agent.command("show")
@AGENT
@json_option
@click.pass_obj
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Show an agent, what is reserved on it, and its tasks."""
    found = find_agent(settings, name)
    if as_json:
        show_json(found)
        return
    settings.show_facts(_facts(found))
    tasks = live_tasks(settings, Whose(agent_id=found["id"]))
    if tasks:
        settings.say("")
        show_tasks(settings, tasks)


@agent.command("deactivate")
@AGENT
@json_option
@click.pass_obj
def deactivate(settings: Settings, name: str, as_json: bool) -> None:
    """Offer nothing more of an agent; its tasks go on."""
    _change(settings, "DEACTIVATE_AGENT", find_agent_id(settings, name), "is offered no more", as_json)


@agent.command("reactivate")
@AGENT
@json_option
@click.pass_obj
def reactivate(settings: Settings, name: str, as_json: bool) -> None:
    """Offer an agent again, after a drain or a deactivation."""
    _change(settings, "REACTIVATE_AGENT", find_agent_id(settings, name), "is offered again", as_json)


@agent.command("gone")
@AGENT
@yes_option
@json_option
@click.pass_obj
def gone(settings: Settings, name: str, yes: bool, as_json: bool) -> None:
    """Say that an agent never comes back.

    Its tasks count as ended, and its id is burnt: should it come back after all, it is another agent.
    """
    agent_id = find_agent_id(settings, name)
    settings.confirm(f"{agent_id} can never come back once it is gone, nor can its tasks and volumes.", yes)
    _change(settings, "MARK_AGENT_GONE", agent_id, "is gone", as_json)


for command in (drain, reserve, unreserve, create_volume, destroy_volume):
    agent.add_command(command)


def _change(settings: Settings, kind: str, agent_id: str, done: str, as_json: bool) -> None:
    settings.tell_master(kind, agent_id={"value": agent_id})
    if as_json:
        show_json({"agent_id": agent_id})
    else:
        settings.say(f"{agent_id} {done}")


def _facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    reserved = found["reserved_resources"].items()
    volumes = [item for items in found["reserved_resources_full"].values() for item in items if "disk" in item]
    return [
        ("id", found["id"]),
        ("address", found["pid"].partition("@")[2]),
        ("host name", found["hostname"]),
        ("state", agent_state(found)),
        *(
            (name, f"{_share(found, name)} used")
            for name in ("cpus", "mem", "disk", "gpus")
            if found["resources"][name]
        ),
        ("ports", found["resources"].get("ports", "-")),
        *((f"reserved for {role}", show_nonzero(amounts)) for role, amounts in reserved),
        *((f"volume {_volume_id(item)}", f"{item['scalar']['value']:g} MB") for item in volumes if _volume_id(item)),
        ("attributes", _attributes(found)),
        ("version", found["version"]),
    ]


def _volume_id(item: dict[str, Any]) -> str:
    return str(item["disk"].get("persistence", {}).get("id", ""))


def _attributes(each: dict[str, Any]) -> str:
    return " ".join(f"{name}:{value}" for name, value in each["attributes"].items()) or "-"


def _share(each: dict[str, Any], name: str) -> str:
    return f"{each['used_resources'][name]:g}/{each['resources'][name]:g}"
