"""Finding our containers in an engine by their labels: after a restart, and for those that nobody remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from koinon_core.ids import AgentId, ContainerId, ExecutorId, FrameworkId, TaskId

from ..errors import EngineRefused
from ..interface import Orphan
from .engine import Engine
from .inspection import Inspection
from .request.spec import AGENT_LABEL, CONTAINER_LABEL, EXECUTOR_LABEL, FRAMEWORK_LABEL, LOG_START_LABEL, TASK_LABEL

_RUNNING_STATES = ("running", "paused", "restarting")


async def find_ours(engine: Engine, agent_id: AgentId | None = None) -> Sequence[tuple[Orphan, str]]:
    """All containers of this agent, or of every agent, each with the engine's own id. Raises EngineUnavailable."""
    label = CONTAINER_LABEL if agent_id is None else f"{AGENT_LABEL}={agent_id}"
    filters = orjson.dumps({"label": [label]}).decode()
    listed = await engine.call("GET", "/containers/json", {"all": "1", "filters": filters})
    return [(_read_orphan(item), str(item["Id"])) for item in listed if CONTAINER_LABEL in (item["Labels"] or {})]


def _read_orphan(item: Mapping[str, Any]) -> Orphan:
    labels: Mapping[str, str] = item["Labels"]
    return Orphan(
        container_id=ContainerId(labels[CONTAINER_LABEL]),
        framework_id=FrameworkId(labels.get(FRAMEWORK_LABEL, "")),
        executor_id=ExecutorId(labels.get(EXECUTOR_LABEL, "")),
        task_id=TaskId(labels[TASK_LABEL]) if TASK_LABEL in labels else None,
        is_running=item["State"] in _RUNNING_STATES,
    )


async def find_recoverable(engine: Engine, wanted: Sequence[ContainerId]) -> Mapping[ContainerId, Inspection]:
    """Those of the wanted containers that the engine still has, looked at one by one. Raises EngineUnavailable."""
    if not wanted:
        return {}
    names = set(wanted)
    ours = [(orphan.container_id, engine_id) for orphan, engine_id in await find_ours(engine)]
    ours = [(container_id, engine_id) for container_id, engine_id in ours if container_id in names]
    inspections = await asyncio.gather(*(_inspect(engine, engine_id) for _, engine_id in ours))
    pairs = zip(ours, inspections, strict=True)
    return {container_id: inspection for (container_id, _), inspection in pairs if inspection is not None}


async def _inspect(engine: Engine, engine_id: str) -> Inspection | None:
    try:
        return Inspection.of(await engine.call("GET", f"/containers/{engine_id}/json"))
    except EngineRefused as error:
        if error.is_missing:
            return None
        raise


def read_log_start(inspection: Inspection) -> tuple[int, int]:
    """How much stdout and stderr held before the container wrote to them, as its label says."""
    stdout, _, stderr = inspection.labels.get(LOG_START_LABEL, "").partition(":")
    return int(stdout) if stdout.isdigit() else 0, int(stderr) if stderr.isdigit() else 0
