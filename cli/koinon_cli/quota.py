"""``koinon quota``: what a role is sure to get, and what it may have at most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from .amounts import read_amounts, show_amounts
from .role import find_role
from .settings import Settings, json_option, show_json


@click.group()
def quota() -> None:
    """Quota: guarantees and limits of roles."""


@quota.command("list")
@json_option
@click.pass_obj
def list_quota(settings: Settings, as_json: bool) -> None:
    """List the roles that have quota, with what counts against it."""
    roles = [each for each in settings.ask_master("/roles")["roles"] if _has_quota(each["quota"])]
    if as_json:
        show_json({"quota": [each["quota"] for each in roles]})
        return
    columns = ("guarantee", "limit", "consumed")
    rows = [(each["name"], *(show_amounts(each["quota"][column]) for column in columns)) for each in roles]
    settings.show_table(("ROLE", "GUARANTEE", "LIMIT", "CONSUMED"), rows)


def _has_quota(shown: dict[str, Any]) -> bool:
    return bool(shown["guarantee"] or shown["limit"])


@quota.command("set")
@click.argument("role")
@click.option("--guarantee", callback=read_amounts, metavar="cpus=2,mem=1024", help="What it is sure of, or none.")
@click.option("--limit", callback=read_amounts, metavar="cpus=4", help="What it may have at most, or none.")
@click.option("--force", is_flag=True, help="Even if the cluster has not as much, or the role has more already.")
@json_option
@click.pass_obj
def set_quota(settings: Settings, /, role: str, force: bool, as_json: bool, **given: Any) -> None:
    """Set a role's guarantee, its limit, or both.

    The one that is not named stays as it is. A resource without a limit is unlimited.
    Offers are taken back from whoever stands in the way.
    """
    if given["guarantee"] is None and given["limit"] is None:
        raise click.UsageError("--guarantee or --limit is needed; koinon quota remove takes quota away")
    found = find_role(settings, role)
    present = {"guarantee": {}, "limit": {}} if found is None else found["quota"]
    parts = {name: _values(present[name]) if wanted is None else wanted for name, wanted in given.items()}
    config = {"role": role, "guarantees": parts["guarantee"], "limits": parts["limit"]}
    settings.tell_master("UPDATE_QUOTA", force=force, quota_configs=[config])
    _show_outcome(settings, role, as_json)


@quota.command("remove")
@click.argument("role")
@json_option
@click.pass_obj
def remove(settings: Settings, role: str, as_json: bool) -> None:
    """Take a role's quota away, guarantee and limit."""
    settings.tell_master("REMOVE_QUOTA", role=role)
    _show_outcome(settings, role, as_json)


def _values(amounts: Mapping[str, float]) -> dict[str, dict[str, float]]:
    return {name: {"value": amount} for name, amount in amounts.items()}


def _show_outcome(settings: Settings, role: str, as_json: bool) -> None:
    found = find_role(settings, role)
    outcome: dict[str, Any] = (
        {"role": role, "guarantee": {}, "limit": {}, "consumed": {}} if found is None else found["quota"]
    )
    if as_json:
        show_json(outcome)
    elif _has_quota(outcome):
        parts = ", ".join(f"{name} {show_amounts(outcome[name])}" for name in ("guarantee", "limit", "consumed"))
        settings.say(f"{role}: {parts}")
    else:
        settings.say(f"{role} has no quota")
