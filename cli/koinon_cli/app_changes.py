"""The verbs of ``koinon app`` that change one: added, updated, scaled, restarted, rolled back, removed."""

from __future__ import annotations

from typing import Any

import click

from .app_file import read_apps
from .completion import APP
from .field_values import set_option, with_values
from .json_file import read_object
from .outcome import AppChange, How, change_options, finish_app_change, finish_change, force_option, said
from .paths import app_path
from .settings import Settings
from .versions import pick_version


@click.command("add")
@click.argument("file")
@change_options
@click.pass_obj
def add_app(settings: Settings, /, file: str, **how: Any) -> None:
    """Add the app of a JSON FILE (- reads stdin), or several at once."""
    for definition in read_apps(file):
        answer = settings.ask_marathon("POST", "/v2/apps", definition)
        app_id = answer.document["id"]
        finish_app_change(settings, answer, How(**how), AppChange(app_id, f"{app_id} added"))


@click.command("update")
@APP
@click.argument("file", required=False)
@set_option
@force_option
@change_options
@click.pass_obj
def update_app(
    settings: Settings, /, app_id: str, file: str | None, values: dict[str, Any], force: bool, **how: Any
) -> None:
    """Change the fields in a JSON FILE (- reads stdin) or in --set.

    All others stay as they are: koinon app apply puts a whole definition.
    """
    shown = settings.ask_marathon("GET", app_path(app_id)).document["app"]
    changes = with_values(shown, read_object(file) if file is not None else {}, values)
    answer = settings.ask_marathon("PUT", app_path(app_id), changes, force=said(force))
    finish_app_change(settings, answer, How(**how), AppChange(app_id, f"{app_id} updated"))


@click.command("scale")
@APP
@click.argument("instances", type=click.IntRange(min=0))
@force_option
@change_options
@click.pass_obj
def scale_app(settings: Settings, /, app_id: str, instances: int, force: bool, **how: Any) -> None:
    """Set how many instances of an app run."""
    # The existence is asked first, as a PUT of an unknown app would be taken for an incomplete new one.
    settings.ask_marathon("GET", app_path(app_id))
    answer = settings.ask_marathon("PUT", app_path(app_id), {"instances": instances}, force=said(force))
    finish_app_change(settings, answer, How(**how), AppChange(app_id, f"{app_id} scaled to {instances}"))


@click.command("restart")
@APP
@force_option
@change_options
@click.pass_obj
def restart_app(settings: Settings, /, app_id: str, force: bool, **how: Any) -> None:
    """Replace all instances, a few at a time."""
    answer = settings.ask_marathon("POST", f"{app_path(app_id)}/restart", force=said(force))
    finish_app_change(settings, answer, How(**how), AppChange(app_id, f"{app_id} restarted"))


@click.command("rollback")
@APP
@click.argument("version", default="last")
@force_option
@change_options
@click.pass_obj
def roll_back_app(settings: Settings, /, app_id: str, version: str, force: bool, **how: Any) -> None:
    """Take back an earlier VERSION: by default the last.

    koinon app versions lists them. --force stops a deployment that is on the way to the present one.
    """
    wanted = pick_version(settings, f"{app_path(app_id)}/versions", version)
    answer = settings.ask_marathon("PUT", app_path(app_id), {"version": wanted}, force=said(force))
    finish_app_change(settings, answer, How(**how), AppChange(app_id, f"{app_id} is as of {wanted}"))


@click.command("remove")
@APP
@change_options
@click.pass_obj
def remove_app(settings: Settings, /, app_id: str, **how: Any) -> None:
    """Remove an app and kill its tasks."""
    answer = settings.ask_marathon("DELETE", app_path(app_id))
    finish_change(settings, answer, How(**how), f"{app_id} removed")


VERBS = (add_app, update_app, scale_app, restart_app, roll_back_app, remove_app)
