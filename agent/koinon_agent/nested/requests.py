"""What operators ask of containers, judged and put into the words of containerizers. Pure (mesos-operator-api 1.4).

Owns which ids are ids, which commands can run within a container, and how their ends are told.
"""

from __future__ import annotations

import re
from pathlib import Path

from attrs import frozen

from koinon_core.containers import CommandInfo, ContainerIdInfo, ContainerInfo, ContainerType
from koinon_core.ids import ContainerId
from koinon_core.ids import find_id_problem as find_plain_id_problem

from ..containerizer.refusals import find_environment_problems, find_terminal_problem
from ..containerizer.session import Execution

_ID = re.compile(r"[A-Za-z0-9_-]+")
"""A dot would be taken for the mark between parent and child."""
_SIZE = (24, 80)
"""Rows and columns of a terminal whose size nobody told."""
SIGNAL_BASE = 128
"""What a shell adds to the number of the signal that ended a command."""
LAST_SIGNAL = 64


@frozen(kw_only=True)
class Around:
    """The container that a nested one is in: whose it is, where its sandbox is, whom it runs as."""

    container_id: ContainerId
    sandbox: Path
    user: str | None


def show_id(container_id: ContainerIdInfo) -> str:
    """Outermost first, as the words of answers have it: ``parent.child``."""
    own = container_id.value
    return own if container_id.parent is None else f"{show_id(container_id.parent)}.{own}"


def find_id_problem(container_id: ContainerIdInfo | None, field: str, *, is_nested: bool = False) -> str | None:
    """What is wrong with an id; ``field`` is the call's name for it. ``is_nested``: it must have a parent."""
    if container_id is None:
        return f"Expecting '{field}' to be present"
    one: ContainerIdInfo | None = container_id
    around = f"'{field}' is invalid: "
    while one is not None:
        problem = _find_value_problem(one.value)
        if problem is not None:
            return around + problem
        around += "'ContainerID.parent' is invalid: "
        one = one.parent
    if is_nested and container_id.parent is None:
        return f"Expecting '{field}.parent' to be present"
    return None


def _find_value_problem(value: str) -> str | None:
    problem = find_plain_id_problem(value)
    if problem is None and not _ID.fullmatch(value):
        return f"'ContainerID.value' '{value}' contains invalid characters"
    return problem


def find_command_problem(command: CommandInfo | None, container: ContainerInfo | None) -> str | None:
    """What speaks against running a command within a container that runs already."""
    if command is None or not command.value:
        return "command.value is missing: it is what the shell runs, or the program that is given the arguments"
    if command.uris:
        return "command.uris cannot be fetched for a nested container: it shares the sandbox of its parent"
    return next(find_environment_problems(command), None) or _find_container_problem(container)


def _find_container_problem(container: ContainerInfo | None) -> str | None:
    if container is None:
        return None
    if container.type is not ContainerType.MESOS:
        return f"container.type is {container.type.name}: a nested container is MESOS, whatever its parent is"
    if container.mesos is not None and container.mesos.image is not None:
        return "container.mesos.image cannot be had: a nested container runs in what its parent runs in"
    if container.volumes:
        return "container.volumes cannot be had: a nested container sees what its parent sees"
    if container.network_infos:
        return "container.network_infos cannot be had: a nested container shares the network of its parent"
    problem = find_terminal_problem(container.tty_info)
    return None if problem is None else f"container.tty_info: {problem}"


def plan_execution(command: CommandInfo, container: ContainerInfo | None, *, has_input: bool) -> Execution:
    """The command of a nested container that has no problem. ``has_input``: whether any may come without a terminal."""
    terminal = None
    if container is not None and container.tty_info is not None:
        size = container.tty_info.window_size
        terminal = _SIZE if size is None else (size.rows, size.columns)
    value = command.value or ""
    # The first of the arguments is what the program is to be called, as in execve.
    argv = ("/bin/sh", "-c", value) if command.shell else (value, *command.arguments[1:])
    return Execution(
        argv=argv,
        environment=command.environment.as_dict() if command.environment is not None else {},
        terminal=terminal,
        has_input=has_input or terminal is not None,
        user=command.user,
    )


def wait_status(exit_code: int) -> int:
    """An exit code as a shell tells it, as wait(2) tells it: what ``exit_status`` of an answer holds."""
    number = exit_code - SIGNAL_BASE
    return number if 0 < number <= LAST_SIGNAL else (exit_code & 0xFF) << 8
