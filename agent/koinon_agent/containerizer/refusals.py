"""What a command cannot be given by any containerizer: variables that are none, terminals of a size that none has.

Pure. What only one kind of container lacks is judged by its own ``spec.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

from koinon_core.containers import CommandInfo, EnvironmentVariableType
from koinon_core.linux import TtyInfo, WindowSize

_LARGEST = 0xFFFF
"""The kernel keeps rows and columns in 16 bits each."""


def find_environment_problems(command: CommandInfo) -> Iterator[str]:
    """Why a command cannot have its variables, one problem each."""
    for variable in command.environment.variables if command.environment else ():
        name = f"command.environment variable {variable.name!r}"
        if variable.type is EnvironmentVariableType.SECRET or variable.secret is not None:
            yield f"{name} is a secret, and no secret store is there to ask"
        if not variable.name or "=" in variable.name:
            yield f"{name} is no name"
        if "\0" in variable.name + (variable.value or ""):
            yield f"{name} holds a NUL"


def find_terminal_problem(terminal: TtyInfo | None) -> str | None:
    """Why there is no such terminal."""
    size = terminal.window_size if terminal is not None else None
    return None if size is None else find_size_problem(size)


def find_size_problem(size: WindowSize) -> str | None:
    """Why no terminal has this size."""
    if max(size.rows, size.columns) > _LARGEST:
        return f"window_size of {size.rows} rows and {size.columns} columns: neither can be more than {_LARGEST}"
    return None
