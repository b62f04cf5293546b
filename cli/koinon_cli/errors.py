"""What ends a command early, each with its exit code and the lines a person reads."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from attrs import field, frozen


class ExitCode(IntEnum):
    """What ``koinon`` exits with; scripts may rely on it."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    CONFLICT = 5
    TIMED_OUT = 6
    UNREACHABLE = 7


@frozen
class CliError(Exception):
    """The root: ``problems`` are further lines, such as a path and what is wrong there."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED
    """What the process ends with."""

    message: str
    problems: tuple[str, ...] = field(default=(), kw_only=True)

    def __str__(self) -> str:
        return self.message


@frozen
class UsageFault(CliError):
    """The caller's fault: the arguments or a file given can't be used."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE


@frozen
class NotFound(CliError):
    """What was asked for does not exist."""

    exit_code: ClassVar[ExitCode] = ExitCode.NOT_FOUND


@frozen
class Refused(CliError):
    """The server says the request is wrong."""

    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED


@frozen
class Conflict(CliError):
    """Something of that name exists, or a deployment holds it."""

    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT


@frozen
class TimedOut(CliError):
    """It went on for longer than ``--timeout``; it goes on without us."""

    exit_code: ClassVar[ExitCode] = ExitCode.TIMED_OUT


@frozen
class Unreachable(CliError):
    """Temporary: nobody answers, or nobody who leads."""

    exit_code: ClassVar[ExitCode] = ExitCode.UNREACHABLE
