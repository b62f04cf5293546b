"""Waiting for a deployment to end, with a line of progress where somebody watches."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import click

from .errors import TimedOut
from .settings import Settings

_POLL_SECONDS = 0.5
CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def wait_options(command: CommandT) -> CommandT:
    """Give a command ``--detach`` and ``--timeout``."""
    command = click.option(
        "--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait no longer; exit 6 then."
    )(command)
    return click.option("--detach", is_flag=True, help="Don't wait for the deployment to end.")(command)


def wait_for_deployment(settings: Settings, deployment_id: str, timeout: float | None) -> None:
    """Return when Marathon no longer lists it. Raises TimedOut after ``timeout`` seconds, and CliError."""
    deadline = None if timeout is None else time.monotonic() + timeout
    with settings.progress.status("deploying ...") as status:
        while (deployment := _find(settings, deployment_id)) is not None:
            status.update(describe(deployment))
            if deadline is not None and time.monotonic() >= deadline:
                raise TimedOut(f"deployment {deployment_id} takes longer than {timeout:g} seconds: it goes on")
            time.sleep(_POLL_SECONDS)


def describe(deployment: dict[str, Any]) -> str:
    """One line about a deployment of ``/v2/deployments`` (marathon-v2-api 7)."""
    actions = ", ".join(
        f"{action['action']} {action.get('app') or action.get('pod')}" for action in deployment["currentActions"]
    )
    return f"deploying, step {deployment['currentStep']} of {deployment['totalSteps']}: {actions or 'about to begin'}"


def _find(settings: Settings, deployment_id: str) -> dict[str, Any] | None:
    deployments: list[dict[str, Any]] = settings.ask_marathon("GET", "/v2/deployments").document
    return next((deployment for deployment in deployments if deployment["id"] == deployment_id), None)
