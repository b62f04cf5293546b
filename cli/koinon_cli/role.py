"""``koinon role``: who shares the cluster, and how."""

from __future__ import annotations

from typing import Any

import click

from .amounts import show_amounts
from .errors import NotFound
from .settings import Settings, json_option, show_json


@click.group()
def role() -> None:
    """Roles: who shares the cluster, by which weight."""


@role.command("list")
@json_option
@click.pass_obj
def list_roles(settings: Settings, as_json: bool) -> None:
    """List the roles with what they hold.

    A role's children count with it.
    """
    document = settings.ask_master("/roles")
    if as_json:
        show_json(document)
        return
    rows = [
        (
            each["name"],
            f"{each['weight']:g}",
            str(len(each["frameworks"])),
            show_amounts(each["allocated"]),
            show_amounts(each["offered"]),
            show_amounts(each["reserved"]),
        )
        for each in document["roles"]
    ]
    settings.show_table(("ROLE", "WEIGHT", "FRAMEWORKS", "ALLOCATED", "OFFERED", "RESERVED"), rows)


@role.command("show")
@click.argument("name", metavar="ROLE")
@json_option
@click.pass_obj
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Show a role, its quota, what it holds, and its frameworks."""
    found = find_role(settings, name)
    if found is None:
        raise NotFound(f"no role {name!r} has frameworks, resources, a weight or quota")
    if as_json:
        show_json(found)
        return
    quota = found["quota"]
    settings.show_facts(
        [
            ("role", found["name"]),
            ("weight", f"{found['weight']:g}"),
            ("guarantee", show_amounts(quota["guarantee"])),
            ("limit", show_amounts(quota["limit"])),
            ("consumed", show_amounts(quota["consumed"])),
            *((name, show_amounts(found[name])) for name in ("allocated", "offered", "reserved")),
            *(("framework", framework_id) for framework_id in found["frameworks"]),
        ]
    )


@role.command("weight")
@click.argument("name", metavar="ROLE")
@click.argument("weight", type=click.FloatRange(min=0, min_open=True))
@json_option
@click.pass_obj
def set_weight(settings: Settings, name: str, weight: float, as_json: bool) -> None:
    """Give a role so many times the share of a sibling of weight 1."""
    settings.tell_master("UPDATE_WEIGHTS", weight_infos=[{"role": name, "weight": weight}])
    if as_json:
        show_json(find_role(settings, name))
    else:
        settings.say(f"{name} has weight {weight:g}")


def find_role(settings: Settings, name: str) -> dict[str, Any] | None:
    """A role as ``/roles`` has it; None for one that nothing is known of."""
    roles: list[dict[str, Any]] = settings.ask_master("/roles")["roles"]
    return next((each for each in roles if each["name"] == name), None)
