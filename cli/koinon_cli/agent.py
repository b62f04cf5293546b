"""``koinon agent``: the machines of the cluster."""

from __future__ import annotations

from typing import Any

import click

from .settings import Settings, json_option, show_json


@click.group()
def agent() -> None:
    """Agents: the machines, and what they have."""


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
            "active" if each["active"] else "inactive",
            _share(each, "cpus"),
            _share(each, "mem"),
            _share(each, "disk"),
            " ".join(f"{name}:{value}" for name, value in each["attributes"].items()) or "-",
        )
        for each in document["slaves"]
    ]
    settings.show_table(("ID", "ADDRESS", "STATE", "CPUS", "MEM", "DISK", "ATTRIBUTES"), rows)


def _share(each: dict[str, Any], name: str) -> str:
    return f"{each['used_resources'][name]:g}/{each['resources'][name]:g}"
