"""``koinon offer``: what frameworks hold offers of, and why others get none."""

from __future__ import annotations

from typing import Any

import click

from .explanation import ALL_AGENTS, Refusals, limits_reached
from .lookup import find_framework
from .settings import Settings, json_option, show_json


@click.group()
def offer() -> None:
    """Offers: what is held out to frameworks, and what is not."""


@offer.command("list")
@json_option
@click.pass_obj
def list_offers(settings: Settings, as_json: bool) -> None:
    """List the offers that wait for an answer, and who has them."""
    frameworks = settings.ask_master("/frameworks")["frameworks"]
    if as_json:
        show_json({"offers": [each for framework in frameworks for each in framework["offers"]]})
        return
    hosts = {each["id"]: each["hostname"] for each in settings.ask_master("/slaves")["slaves"]}
    rows = [
        (
            each["id"],
            framework["name"],
            each["allocation_info"]["role"],
            hosts.get(each["slave_id"], each["slave_id"]),
            *(f"{each['resources'][name]:g}" for name in ("cpus", "mem", "disk")),
        )
        for framework in frameworks
        for each in framework["offers"]
    ]
    settings.show_table(("ID", "FRAMEWORK", "ROLE", "HOST", "CPUS", "MEM", "DISK"), rows)


@offer.command("explain")
@click.option("--framework", metavar="FRAMEWORK", help="Only this one: its id, the end of it (0000), or its name.")
@click.option("--role", metavar="ROLE", help="Only this role.")
@click.option(
    "--agent",
    is_flag=False,
    flag_value=ALL_AGENTS,
    metavar="[AGENT]",
    help="A line each agent; with a name, only that one's.",
)
@json_option
@click.pass_obj
def explain(settings: Settings, framework: str | None, role: str | None, agent: str | None, as_json: bool) -> None:
    """Say why no more of each agent is offered now.

    Equal reasons are counted, the most frequent first.
    """
    query = {} if framework is None else {"framework_id": find_framework(settings, framework)["id"]}
    query |= {} if role is None else {"role": role}
    document = settings.ask_master("/koinon/explain", **query)
    if as_json:
        show_json(document)
        return
    refusals = Refusals(document["refusals"])
    if not document["refusals"]:
        settings.say(_say_nothing(settings, role))
    elif agent is None:
        settings.show_table(("AGENTS", "FRAMEWORK", "ROLE", "FILTER", "REASON"), refusals.rows_by_reason())
        for line in limits_reached(settings.ask_master("/roles")["roles"], refusals.roles):
            settings.say(line)
    else:
        settings.show_table(("FRAMEWORK", "ROLE", "AGENT", "FILTER", "REASON"), refusals.rows_by_agent(agent))


def _say_nothing(settings: Settings, role: str | None) -> str:
    """Why there is no reason to show."""
    frameworks: list[dict[str, Any]] = settings.ask_master("/frameworks")["frameworks"]
    if not frameworks:
        return "no framework is registered: there is nobody to offer anything to"
    subscribed = [each for each in frameworks if role is None or role in (each.get("roles") or (each.get("role"),))]
    if not subscribed:
        return f"no framework is subscribed to role {role}"
    if not settings.ask_master("/slaves")["slaves"]:
        return "there is no agent to offer"
    return "nothing stands in the way: what is free is about to be offered"
