"""``koinon framework``: who schedules on the cluster."""

from __future__ import annotations

from typing import Any

import click

from .settings import Settings, json_option, show_json


@click.group()
def framework() -> None:
    """Frameworks: who is offered resources, and holds them."""


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
            ",".join(each.get("roles") or (each.get("role", "*"),)),
            str(len(each["tasks"])),
            f"{each['used_resources']['cpus']:g}",
            f"{each['used_resources']['mem']:g}",
        )
        for each in document["frameworks"]
    ]
    settings.show_table(("ID", "NAME", "STATE", "ROLES", "TASKS", "CPUS", "MEM"), rows)


def _state(each: dict[str, Any]) -> str:
    if not each["connected"]:
        return "disconnected"
    return "active" if each["active"] else "inactive"
