"""``koinon framework why``: what a framework has, what it should have, what keeps it from more, and what would help."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from .amounts import show_nonzero
from .framework_advice import RoleView, advise, show_nonzero_or_zero
from .lookup import find_framework
from .settings import Settings, json_option, show_json

_MOST_AGENTS = 20
_MOST_RIVALS = 6


@click.command("why")
@click.argument("name", metavar="FRAMEWORK")
@json_option
@click.pass_obj
def why_framework_starves(settings: Settings, name: str, as_json: bool) -> None:
    """Say why a framework is offered no more, and what would feed it.

    What it holds beside its fair share, who is asked before it, what it refused, its quota, and each agent that is not
    offered; the last line says what would change that.
    """
    found = FrameworkWhy(settings, find_framework(settings, name))
    if as_json:
        show_json(found.document())
        return
    for line in found.lines(time.time()):
        settings.say(line)


class FrameworkWhy:
    """What the master says of one framework."""

    def __init__(self, settings: Settings, framework: Mapping[str, Any]) -> None:
        self._framework = framework
        explained = settings.ask_master("/koinon/explain", framework_id=framework["id"])
        quotas = {each["name"]: each["quota"] for each in settings.ask_master("/roles")["roles"]}
        agents = len(settings.ask_master("/slaves")["slaves"])
        self._roles = [
            RoleView(
                standing=standing,
                refusals=[one for one in explained["refusals"] if one["role"] == standing["role"]],
                quota=quotas.get(standing["role"].partition("/")[0]),
                agents=agents,
            )
            for standing in explained["standings"]
        ]

    @property
    def advice(self) -> str:
        """What would feed it, in one line; role by role where there are several."""
        if not self._roles:
            return "being there: it is in no role"
        if len(self._roles) == 1:
            return advise(self._roles[0])
        return "; ".join(f"in role {view.role}, {advise(view)}" for view in self._roles)

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "framework": {name: self._framework[name] for name in ("id", "name", "connected", "active")},
            "holds": self._framework["used_resources"],
            "offered": self._framework["offered_resources"],
            "roles": [
                {**view.standing, "quota": view.quota, "agents": list(view.refusals), "advice": advise(view)}
                for view in self._roles
            ],
            "advice": self.advice,
        }

    def lines(self, now: float) -> Iterator[str]:
        """For people; `now` in seconds since 1970."""
        one = self._framework
        is_there = "is connected" if one["connected"] and one["active"] else "is not connected"
        holds, offered = (show_nonzero(one[name]) for name in ("used_resources", "offered_resources"))
        yield f"{one['name']} ({one['id']}) {is_there}; it holds {holds}, and is offered {offered}"
        for view in self._roles:
            yield from _lines_of(view, now)
        yield f"would be fed by: {self.advice}"


def _lines_of(view: RoleView, now: float) -> Iterator[str]:
    standing = view.standing
    suppressed = ", suppressed until it revives" if standing["suppressed"] else ""
    has, fair = standing["share"], standing["fair_share"]
    yield f"role {view.role}: it has {has:.1%}, its fair share is {fair:.1%}{suppressed}"
    for level in standing["levels"]:
        if len(level) > 1:
            yield f"  asked in this order: {_order(level)}"
    if view.quota is not None and (view.quota["limit"] or view.quota["guarantee"]):
        guarantee, limit, consumed = (
            show_nonzero_or_zero(view.quota, name) for name in ("guarantee", "limit", "consumed")
        )
        yield f"  quota of role {view.top}: guarantee {guarantee}, limit {limit}, consumed {consumed}"
    if standing["least"]:
        yield f"  it wants at least {' or '.join(show_nonzero(least) for least in standing['least'])}"
    refused = standing["refused"]
    if refused:
        last, agents = max(each["until"] for each in refused), {each["agent_id"] for each in refused}
        yield f"  it refused offers of {len(agents)} agents, the last {_until(last, now)}"
    yield from (f"  {_agent_line(each)}" for each in view.refusals[:_MOST_AGENTS])
    if len(view.refusals) > _MOST_AGENTS:
        yield f"  and {len(view.refusals) - _MOST_AGENTS} more agents: --json lists them all"


def _order(level: Sequence[Mapping[str, Any]]) -> str:
    shown = [
        f"{each['kind']} {each['name']}{' (itself)' if each['is_own'] and each['kind'] == 'framework' else ''} "
        f"{each['share']:.1%} by weight {each['weight']:g}{'' if each['wants_offers'] else ', wants none'}"
        for each in level[:_MOST_RIVALS]
    ]
    rest = len(level) - len(shown)
    return "; ".join([*shown, *([f"{rest} more"] if rest else [])])


def _agent_line(refusal: Mapping[str, Any]) -> str:
    scalars = {name: amount for name, amount in refusal["free"].items() if amount}
    free = f"{show_nonzero(scalars)} free" if scalars else "nothing free"
    number = refusal["agent_id"].rpartition("-")[2]
    return f"{refusal['hostname'] or 'agent'} ({number}), {free}: {refusal['reason']}"


def _until(until: float, now: float) -> str:
    return f"for {max(0.0, until - now):.0f} s more, until {datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M:%S UTC}"
