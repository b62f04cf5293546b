"""``apply``: have whatever a file defines, whether it is there already or not. One command under three nouns."""

from __future__ import annotations

from typing import Any

import click

from .definition_file import Definition, Kind, read_definitions
from .errors import NotFound
from .http_api import Answer
from .outcome import AppChange, How, change_options, finish_app_change, finish_change, force_option, said
from .paths import app_path, group_path, pod_path
from .settings import Settings

FILE = click.argument("file")


@click.command("apply")
@FILE
@force_option
@change_options
@click.pass_obj
def apply_file(settings: Settings, /, file: str, force: bool, **how: Any) -> None:
    """Have what a JSON FILE (- reads stdin) defines.

    An app, an array of apps, a group or a pod: created if it is not there, else changed to be as the file says, in one
    deployment.
    """
    for definition in read_definitions(file):
        _apply(settings, definition, said(force), How(**how))


def _apply(settings: Settings, definition: Definition, force: str, how: How) -> None:
    ids = definition.ids
    if definition.kind is Kind.POD:
        finish_change(settings, put_pod(settings, definition.bodies[0], force), how, f"{ids[0]} applied")
    elif definition.kind is Kind.GROUP:
        answer = settings.ask_marathon("PUT", group_path(ids[0]), definition.bodies[0], force=force)
        finish_change(settings, answer, how, f"{ids[0]} applied")
    elif len(ids) == 1:
        body = definition.bodies[0]
        answer = settings.ask_marathon("PUT", app_path(ids[0]), body, partialUpdate="false", force=force)
        finish_app_change(settings, answer, how, AppChange(ids[0], f"{ids[0]} applied", is_declared=True))
    else:
        answer = settings.ask_marathon("PUT", "/v2/apps", list(definition.bodies), partialUpdate="false", force=force)
        finish_change(settings, answer, how, f"{', '.join(ids)} applied")


def put_pod(settings: Settings, body: dict[str, Any], force: str) -> Answer:
    """Change a pod, or make one where there is none: pods, unlike apps, are made by POST alone."""
    path = pod_path(str(body["id"]))
    try:
        return settings.ask_marathon("PUT", path, body, force=force)
    except NotFound:
        return settings.ask_marathon("POST", "/v2/pods", body, force=force)
