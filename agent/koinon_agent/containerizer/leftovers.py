"""Commands within containers that an earlier life of the agent started, and was killed before it could end them.

They are nobody's any more: who listened has lost its connection. Their containers live on, so nothing else ends them.
Owns the variable that they are known by. An engine on another host tells none of its processes here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import psutil
import structlog
from attrs import evolve

from koinon_core.ids import ContainerId

from .descendants import kill_descendants
from .session import Execution

_logger = structlog.get_logger(__name__)

_VARIABLE = "KOINON_WITHIN_CONTAINER"
"""Names the container around a command. Its id is like no other, and no task's own process has the variable."""


def mark(container_id: ContainerId, execution: Execution) -> Execution:
    """The execution, so that the next life of the agent knows what it starts."""
    return evolve(execution, environment={**execution.environment, _VARIABLE: container_id})


def end_leftovers(container_ids: Collection[ContainerId]) -> None:
    """Kill the commands within these containers, with what they started. To be called before any new one starts."""
    marks = {f"{_VARIABLE}={container_id}".encode() for container_id in container_ids}
    for pid in psutil.pids() if marks else ():
        # Looked at right before, so that the pid is not somebody else's by then; what was killed meanwhile has none.
        if not marks.isdisjoint(_environment_of(pid)):
            kill_descendants(pid)
            _logger.info("leftover_command_ended", pid=pid)


def _environment_of(pid: int) -> Iterator[bytes]:
    try:
        yield from Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is not ours to look at
        return
