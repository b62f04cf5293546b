"""What makes a check or a health check invalid (mesos-v1-api 2.6, 4.3). The texts are Mesos's."""

from __future__ import annotations

from koinon_core.containers import CommandInfo
from koinon_core.tasks import CheckInfo, CheckType, HealthCheck

from .commands import find_command_problem

_TIMES = ("delay_seconds", "interval_seconds", "timeout_seconds")


def find_check_problem(check: CheckInfo) -> str | None:
    """The first thing that is wrong with a check, or None."""
    if check.type is None:
        return "CheckInfo must specify 'type'"
    command = None if check.command is None else check.command.command
    path = None if check.http is None else check.http.path
    return (
        _find_body_problem(check, check.type, "check")
        or (_find_command_problem(command, "check") if check.type is CheckType.COMMAND else None)
        or (_find_path_problem(path, "check") if check.type is CheckType.HTTP else None)
        or _find_time_problem(check, _TIMES)
    )


def infer_type(check: HealthCheck) -> CheckType | None:
    """The type of a health check. Older frameworks leave it out, and say one of what there was then."""
    if check.type is not None:
        return check.type
    if (check.command is None) == (check.http is None):
        return None
    return CheckType.HTTP if check.command is None else CheckType.COMMAND


def find_health_check_problem(check: HealthCheck) -> str | None:
    """The first thing that is wrong with a health check, or None."""
    check_type = infer_type(check)
    if check_type is None:
        return "HealthCheck must specify 'type'"
    problem = _find_body_problem(check, check_type, "health check")
    if problem is not None:
        return problem
    if check_type is CheckType.COMMAND:
        problem = _find_command_problem(check.command, "health check")
    if check_type is CheckType.HTTP and check.http is not None:
        if check.http.scheme not in (None, "http", "https"):
            return f"Unsupported HTTP health check scheme: '{check.http.scheme}'"
        problem = _find_path_problem(check.http.path, "health check")
    if problem is None and check.consecutive_failures < 0:
        problem = "Expecting 'consecutive_failures' to be non-negative"
    return problem or _find_time_problem(check, (*_TIMES, "grace_period_seconds"))


def _find_body_problem(check: CheckInfo | HealthCheck, check_type: CheckType, what: str) -> str | None:
    if check_type is CheckType.UNKNOWN:
        return f"'UNKNOWN' is not a valid {what} type"
    field = check_type.name.lower()
    return None if getattr(check, field) is not None else f"Expecting '{field}' to be set for {check_type.name} {what}"


def _find_command_problem(command: CommandInfo | None, what: str) -> str | None:
    if command is None:
        return None
    if not command.value:
        wanted = "shell command" if command.shell else "executable path"
        return f"Command {what} must contain '{wanted}'"
    problem = find_command_problem(command)
    return None if problem is None else f"{what.capitalize()}'s `CommandInfo` is invalid: {problem}"


def _find_path_problem(path: str | None, what: str) -> str | None:
    if path is None or path.startswith("/"):
        return None
    return f"The path '{path}' of HTTP {what} must start with '/'"


def _find_time_problem(check: CheckInfo | HealthCheck, fields: tuple[str, ...]) -> str | None:
    for field in fields:
        # Said the other way round, not-a-number would pass.
        if not getattr(check, field) >= 0:
            return f"Expecting '{field}' to be non-negative"
    return None
