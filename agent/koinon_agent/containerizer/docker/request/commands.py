"""What a Docker container runs: a command over what its image says (mesos-semantics 9.1, 9.4; mesos-v1-api 4.3). Pure.

A DOCKER container takes a command as ``docker run`` does. A MESOS container with an image follows the rules of Mesos's
own runtime instead: it starts in its sandbox unless the image names a directory, and arguments alone follow what the
image starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from koinon_core.containers import CommandInfo

from ...refusals import find_environment_problems
from ..inspection import ImageConfig

_SHELL = ["/bin/sh"]


def find_command_problems(command: CommandInfo | None, *, is_universal: bool) -> Iterator[str]:
    """Why a container cannot run that, one problem each."""
    if command is None:
        return
    if is_universal and command.shell and not command.value:
        yield "command.shell is true and command.value is missing"
    yield from find_environment_problems(command)


def command_settings(command: CommandInfo | None) -> dict[str, Any]:
    """The parts of a create request for a DOCKER container."""
    if command is None:
        return {}
    if command.shell:
        return {"Entrypoint": _SHELL, "Cmd": ["-c", command.value]} if command.value else {}
    argv = [*([command.value] if command.value else []), *command.arguments]
    return {"Cmd": argv} if argv else {}


def universal_command_settings(command: CommandInfo | None, image: ImageConfig, sandbox: str) -> dict[str, Any]:
    """The parts of a create request for a MESOS container.

    Arguments are a whole argv where the command has a value: their first is the program's name for itself, which an
    engine cannot set apart from its path.
    """
    settings: dict[str, Any] = {} if image.working_directory else {"WorkingDir": sandbox}
    if command is None or not (command.value or command.arguments):
        return settings
    if command.shell:
        return settings | {"Entrypoint": _SHELL, "Cmd": ["-c", command.value]}
    if command.value:
        return settings | {"Entrypoint": [command.value], "Cmd": list(command.arguments[1:])}
    program = [] if image.entrypoint else image.command[:1]
    return settings | {"Cmd": [*program, *command.arguments]}
