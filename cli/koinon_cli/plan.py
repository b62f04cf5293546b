"""``plan``: what applying a file would change, by which steps, and where instances would land now.

Marathon answers it (``POST /koinon/plan``) and knows of no agent's unused resources but those that it is offered; the
master tells of all, and what it tells is sent along.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
from attrs import evolve

from .definition_file import Definition, Kind, read_definitions
from .deployment_wait import describe_actions
from .errors import CliError, Refused
from .settings import Settings, json_option, show_json

_AGENT_FIELDS = ("active", "total_resources", "allocated_resources")
_INFO_FIELDS = ("id", "hostname", "attributes", "domain")
_MOST_AGENTS = 20


@click.command("plan")
@click.argument("file")
@json_option
@click.pass_obj
def plan_file(settings: Settings, file: str, as_json: bool) -> None:
    """Show what applying FILE would change, and where it lands.

    Field by field, step by step, and for what starts: on which agents it would run, as of now, and why not on the
    others. Nothing is changed.
    """
    agents = _ask_for_agents(settings)
    plans = [_ask(settings, definition, agents) for definition in read_definitions(file)]
    if as_json:
        show_json(plans[0] if len(plans) == 1 else plans)
        return
    for plan in plans:
        for line in describe_plan(plan, has_agents=agents is not None):
            settings.say(line)


def _ask(settings: Settings, definition: Definition, agents: list[dict[str, Any]] | None) -> dict[str, Any]:
    many = definition.kind is Kind.APPS
    wanted = {definition.kind.value: list(definition.bodies) if many else definition.bodies[0]}
    body = wanted | {"agents": agents or []}
    try:
        plan: dict[str, Any] = settings.ask_marathon("POST", "/koinon/plan", body, partialUpdate="false").document
    except Refused as error:
        # An app alone goes as an array of one, which nobody who wrote it would look for.
        if not many or len(definition.bodies) > 1:
            raise
        raise evolve(error, problems=tuple(map(_of_the_only_one, error.problems))) from error
    return plan


def _of_the_only_one(problem: str) -> str:
    path = problem.removeprefix("(0)")
    return problem if path == problem else f"/{path.lstrip('/')}"


def _ask_for_agents(settings: Settings) -> list[dict[str, Any]] | None:
    """All agents as GET_AGENTS has them, as far as placing needs it; None where no master tells."""
    try:
        agents = (settings.tell_master("GET_AGENTS") or {}).get("agents", [])
    except CliError as error:
        settings.note(f"nothing is said of places: {error}")
        return None
    return [
        {name: agent[name] for name in _AGENT_FIELDS if name in agent}
        | {"agent_info": {name: agent["agent_info"][name] for name in _INFO_FIELDS if name in agent["agent_info"]}}
        for agent in agents
    ]


def describe_plan(plan: dict[str, Any], *, has_agents: bool) -> Iterator[str]:
    """The answer for people, a line each."""
    if not plan["changes"]:
        yield "nothing would change"
        return
    for change in plan["changes"]:
        yield f"{change['id']}: {change['action']}"
        if change["action"] != "remove":
            yield from (f"  {_describe_field(field)}" for field in change["fields"])
    for number, step in enumerate(plan["steps"], 1):
        yield f"step {number}: {describe_actions(step['actions'])}"
    for conflict in plan["conflicts"]:
        yield f"deployment {conflict['id']} is in the way: --force would override it"
    if has_agents and not plan["placement"]:
        yield "no instance would have to be placed, or there is no agent"
    for landing in plan["placement"]:
        yield from _describe_landing(landing)


def _describe_field(field: dict[str, Any]) -> str:
    name = field["path"].lstrip("/")
    if "from" not in field:
        return f"{name}: {_show(field['to'])}"
    return f"{name}: {_show(field['from'])} -> {_show(field['to']) if 'to' in field else 'not set'}"


def _show(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _describe_landing(landing: dict[str, Any]) -> Iterator[str]:
    cut = ", and no more was tried" if landing.get("incomplete") else ""
    yield f"{landing['id']}: {landing['placed']} of {landing['wanted']} to start would find a place now{cut}"
    refusals = {agent["agentId"]: agent for agent in landing["refusals"]}
    for agent in landing["agents"]:
        refusal = refusals.pop(agent["agentId"], None)
        then = "" if refusal is None else f", then: {'; '.join(refusal['explanation'])}"
        yield f"  {agent['hostname']} ({agent['agentId']}): {agent['instances']}{then}"
    for agent in list(refusals.values())[:_MOST_AGENTS]:
        yield f"  {agent['hostname']} ({agent['agentId']}): none: {'; '.join(agent['explanation'])}"
    left_out = len(refusals) - _MOST_AGENTS
    if left_out > 0:
        yield f"  and {left_out} more agents"
