"""Commands run within a running container, beside its task: what checks and ``koinon task exec`` ask for, as values.

Owns the words. How a command gets into a container is each containerizer's affair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol

from attrs import Factory, frozen

from koinon_core.ids import ContainerId


class Output(Enum):
    """Which of a command's two outputs bytes come from. With a terminal all is STDOUT."""

    STDOUT = "stdout"
    STDERR = "stderr"


@frozen(kw_only=True)
class Execution:
    """A command to run in a container, with the container's own environment beneath ``environment``.

    ``terminal`` is the rows and columns of the terminal it gets; None for none. ``has_input``: whether anything is
    to be written to it. ``user`` is that of the container's task where None.
    """

    argv: Sequence[str]
    environment: Mapping[str, str] = Factory(dict)
    terminal: tuple[int, int] | None = None
    has_input: bool = False
    user: str | None = None


class Session(Protocol):
    """A command that was started in a container. It ends with ``close`` at the latest."""

    async def read(self) -> tuple[Output, bytes] | None:
        """What it said since, as soon as there is something; None when it will say no more."""

    async def write(self, data: bytes) -> None:
        """Hand it input; waits while it does not read. What it can't take any more is dropped."""

    async def end_input(self) -> None:
        """There is no more input."""

    async def resize(self, rows: int, columns: int) -> None:
        """Its terminal has another size now."""

    async def wait(self) -> int | None:
        """Its exit code as a shell tells it (128 + signal); None where nobody can tell."""

    async def signal(self, number: int) -> None:
        """Send it a signal; of one that has ended nothing is asked."""

    async def close(self) -> None:
        """End it, by force if it runs still, and give back what it holds."""


class Executing(Protocol):
    """A containerizer that runs commands within its containers."""

    async def execute(self, container_id: ContainerId, execution: Execution) -> Session:
        """Start a command.

        Raises UnknownContainer, LaunchFailed (no such program, the container has ended), EngineUnavailable.
        """
