"""Waiting for a deployment to end, with a line of progress where somebody watches."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click
from rich.markup import escape

from .errors import TimedOut
from .settings import Settings
from .waiting import sum_up_waiting

_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 3.0
_COUNTDOWN = re.compile(r"; next try in .*$")
CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def wait_options(command: CommandT) -> CommandT:
    """Give a command ``--detach`` and ``--timeout``."""
    command = click.option(
        "--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait no longer; exit 6 then."
    )(command)
    return click.option("--detach", is_flag=True, help="Don't wait for the deployment to end.")(command)


def wait_for_deployment(settings: Settings, deployment_id: str, timeout: float | None) -> None:
    """Return when Marathon no longer lists it. Raises TimedOut after ``timeout`` seconds, and CliError.

    One that takes its time says what its apps wait for: in the line of progress, or once a reason where nobody watches.
    """
    begin = time.monotonic()
    told: set[str] = set()
    try:
        with settings.progress.status("deploying ...") as status:
            while (deployment := find_deployment(settings, deployment_id)) is not None:
                waited = time.monotonic() - begin
                if timeout is not None and waited >= timeout:
                    message = f"deployment {deployment_id} takes longer than {timeout:g} seconds: it goes on"
                    undo = f"koinon deployment rollback {deployment_id} undoes it"
                    raise TimedOut(message, problems=(*reasons_of(settings, deployment), undo))
                reasons = reasons_of(settings, deployment) if waited > _PATIENCE_SECONDS else []
                status.update(escape("\n".join([describe(deployment), *reasons])))
                # A log that nobody watches grows by what is new: of an upgrade that fails again and again, little.
                news = [reason for reason in reasons if _without_countdown(reason) not in told]
                if news and not settings.progress.is_terminal:
                    settings.note("\n".join(news))
                told.update(map(_without_countdown, reasons))
                time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        settings.note(f"deployment {deployment_id} goes on; koinon deployment rollback {deployment_id} undoes it")
        raise


def _without_countdown(reason: str) -> str:
    return _COUNTDOWN.sub("", reason)


def describe(deployment: dict[str, Any]) -> str:
    """One line about a deployment of ``/v2/deployments`` (marathon-v2-api 7)."""
    actions = describe_actions(deployment["currentActions"]) or "about to begin"
    return f"deploying, step {deployment['currentStep']} of {deployment['totalSteps']}: {actions}"


def describe_actions(actions: Iterable[dict[str, Any]]) -> str:
    """What is done to which app or pod."""
    return ", ".join(f"{action['action']} {action.get('app') or action.get('pod')}" for action in actions)


def reasons_of(settings: Settings, deployment: dict[str, Any]) -> list[str]:
    """What it waits for, a line each: Marathon's own words where it has any, else those of its launch queue."""
    if "explanation" in deployment:
        return list(deployment["explanation"])
    apps = [action["app"] for action in deployment["currentActions"] if "app" in action]
    return [f"{app}: {line.strip()}" for app in apps for line in sum_up_waiting(settings, app)]


def find_deployment(settings: Settings, deployment_id: str) -> dict[str, Any] | None:
    """The deployment as it stands now, None once it is over. Raises CliError."""
    deployments: list[dict[str, Any]] = settings.ask_marathon("GET", "/v2/deployments", embed="explanation").document
    return next((deployment for deployment in deployments if deployment["id"] == deployment_id), None)
