"""``koinon group``: groups of apps and pods, one in another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from .apply import apply_file
from .completion import GROUP, walk_groups
from .errors import NotFound
from .outcome import How, change_options, finish_change, force_option, said
from .paths import group_path
from .plan import plan_file
from .settings import Settings, json_option, show_json, yes_option
from .versions import pick_version, read_versions

_ID = click.argument("group_id", metavar="[ID]", default="/")
_ALL = ("group.groups", "group.apps", "group.apps.counts", "group.pods")


@click.group()
def group() -> None:
    """Groups: apps and pods that belong together."""


@group.command("list")
@_ID
@json_option
@click.pass_obj
def list_groups(settings: Settings, group_id: str, as_json: bool) -> None:
    """Show the tree below a group: by default, all of it."""
    document = _ask(settings, group_id)
    if as_json:
        show_json(document)
        return
    for line in _tree(document, ""):
        settings.say(line)


@group.command("show")
@GROUP
@click.option("--version", metavar="VERSION", help="As it was then; print that as JSON.")
@json_option
@click.pass_obj
def show_group(settings: Settings, group_id: str, version: str | None, as_json: bool) -> None:
    """Show one group and what is in it."""
    if version is not None:
        show_json(settings.ask_marathon("GET", f"{group_path(group_id)}/versions/{version}").document)
        return
    document = _ask(settings, group_id)
    if as_json:
        show_json(document)
        return
    settings.say(f"{document['id']}  version {document.get('version')}")
    for name in ("dependencies", "enforceRole"):
        if document.get(name):
            settings.say(f"{name}: {document[name]}")
    for line in _tree(document, ""):
        settings.say(line)


@group.command("scale")
@GROUP
@click.argument("factor", type=click.FloatRange(min=0))
@force_option
@change_options
@click.pass_obj
def scale_group(settings: Settings, /, group_id: str, factor: float, force: bool, **how: Any) -> None:
    """Multiply the instances of all apps below by FACTOR."""
    answer = settings.ask_marathon("PUT", group_path(group_id), {"scaleBy": factor}, force=said(force))
    finish_change(settings, answer, How(**how), f"{group_id} scaled by {factor:g}")


@group.command("versions")
@GROUP
@json_option
@click.pass_obj
def list_versions(settings: Settings, group_id: str, as_json: bool) -> None:
    """List the kept versions, newest first."""
    path = f"{group_path(group_id)}/versions"
    if as_json:
        show_json(settings.ask_marathon("GET", path).document)
        return
    for version in read_versions(settings, path):
        settings.say(version)


@group.command("rollback")
@GROUP
@click.argument("version", default="last")
@force_option
@change_options
@click.pass_obj
def roll_back(settings: Settings, /, group_id: str, version: str, force: bool, **how: Any) -> None:
    """Take back an earlier VERSION: by default the last."""
    wanted = pick_version(settings, f"{group_path(group_id)}/versions", version)
    answer = settings.ask_marathon("PUT", group_path(group_id), {"version": wanted}, force=said(force))
    finish_change(settings, answer, How(**how), f"{group_id} is as of {wanted}")


@group.command("remove")
@GROUP
@yes_option
@force_option
@change_options
@click.pass_obj
def remove_group(settings: Settings, /, group_id: str, yes: bool, force: bool, **how: Any) -> None:
    """Remove a group with all that is in it."""
    inside = sum(
        len(each.get("apps", ())) + len(each.get("pods", ())) for each in walk_groups(_ask(settings, group_id))
    )
    if inside:
        settings.confirm(f"{inside} apps and pods are in {group_id}, and end with it.", yes)
    answer = settings.ask_marathon("DELETE", group_path(group_id), force=said(force))
    finish_change(settings, answer, How(**how), f"{group_id} removed")


for verb in (apply_file, plan_file):
    group.add_command(verb)


def _ask(settings: Settings, group_id: str) -> dict[str, Any]:
    path = group_path(group_id) + "?" + "&".join(f"embed={name}" for name in _ALL)
    document: dict[str, Any] = settings.ask_marathon("GET", path).document
    if "id" not in document:
        raise NotFound(f"Group '{group_id}' does not exist")
    return document


def _tree(group: dict[str, Any], indent: str) -> Iterator[str]:
    yield f"{indent}{group['id']}"
    inner = indent + "  "
    for app in group.get("apps", ()):
        counts = f"{app['tasksRunning']}/{app['instances']}" if "tasksRunning" in app else str(app["instances"])
        yield f"{inner}{app['id']}  app, {counts} running"
    for pod in group.get("pods", ()):
        yield f"{inner}{pod['id']}  pod" + (f", {pod['status']}" if "status" in pod else "")
    for each in group.get("groups", ()):
        yield from _tree(each, inner)
