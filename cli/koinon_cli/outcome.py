"""What came of a change: waiting for its deployment, then one line or the document, and failure where tasks fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from attrs import frozen

from .deployment_wait import wait_for_deployment, wait_options
from .errors import CliError, NotFound
from .http_api import Answer
from .paths import app_path
from .settings import Settings, json_option, show_json

CommandT = TypeVar("CommandT", bound=Callable[..., Any])
force_option = click.option("--force", is_flag=True, help="Override a deployment that is under way.")


@frozen
class How:
    """How a change is to be waited for and told."""

    detach: bool
    timeout: float | None
    as_json: bool


@frozen
class AppChange:
    """Which app was changed, and how to say so. What is only declared may have been so before."""

    id: str
    done: str
    is_declared: bool = False


def change_options(command: CommandT) -> CommandT:
    """Give a command ``--detach``, ``--timeout`` and ``--json``, which make a ``How``."""
    return wait_options(json_option(command))


def said(force: bool) -> str:
    """A flag as Marathon's queries have it."""
    return str(force).lower()


def finish_change(settings: Settings, answer: Answer, how: How, what: str) -> None:
    """Wait for what ``answer`` began, then say ``what`` was done. Raises CliError."""
    if answer.deployment_id and not how.detach:
        wait_for_deployment(settings, answer.deployment_id, how.timeout)
    if how.as_json:
        show_json(answer.document)
    else:
        settings.say(what)


def finish_app_change(settings: Settings, answer: Answer, how: How, change: AppChange) -> None:
    """The same for one app, which is shown as it stands then. Raises CliError where its tasks fail."""
    if how.detach or answer.deployment_id is None:
        _report(settings, answer.document, change.done, how.as_json)
        return
    wait_for_deployment(settings, answer.deployment_id, how.timeout)
    try:
        document = settings.ask_marathon("GET", app_path(change.id)).document
    except NotFound as error:
        raise CliError(f"{change.id} is gone: its deployment was cancelled or rolled back") from error
    # A change of nothing has a version like any other, and leaves the app its own.
    is_so_already = change.is_declared and document["app"]["version"] < answer.document["version"]
    _report(settings, document, f"{change.id} is so already" if is_so_already else change.done, how.as_json)


def _report(settings: Settings, document: Any, what: str, as_json: bool) -> None:
    shown = document.get("app") if isinstance(document, dict) else None
    counted = f"{what}: {shown['tasksRunning']} of {shown['instances']} running" if shown else what
    if as_json:
        show_json(document)
    failure = fresh_failure(shown) if shown else None
    if failure is not None:
        raise CliError(counted, problems=(describe_failure(failure),))
    if not as_json:
        settings.say(counted)


def fresh_failure(shown: dict[str, Any]) -> dict[str, Any] | None:
    """What ended a task of this very version, where too few run; a deployment is over once they ran for a moment."""
    failure: dict[str, Any] | None = shown.get("lastTaskFailure")
    if failure is None or shown["tasksRunning"] >= shown["instances"]:
        return None
    return failure if failure["timestamp"] >= shown["version"] else None


def describe_failure(failure: dict[str, Any]) -> str:
    """One line about a ``lastTaskFailure``."""
    return f"last failure {failure['timestamp']}: {failure['state']} on {failure['host']}: {failure['message']}"
