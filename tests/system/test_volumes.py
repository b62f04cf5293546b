"""A volume's data outlive the task that wrote them and a killed agent, and go when the volume is destroyed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.http_framework import HttpFramework
from support.cluster import Cluster, running_cluster
from support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

CAPABILITIES = [{"type": "MULTI_ROLE"}, {"type": "RESERVATION_REFINEMENT"}]
RESERVATIONS = [{"type": "DYNAMIC", "role": "db"}]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A master and an agent that runs plain processes."""
    with running_cluster() as cluster:
        cluster.add_master()
        cluster.add_agent("--registration_backoff_factor=50ms", "--no-switch_user")
        cluster.wait_agents(1)
        yield cluster


def disk(size: float) -> dict[str, Any]:
    """Disk that is reserved for the role."""
    return {"name": "disk", "type": "SCALAR", "scalar": {"value": size}, "reservations": RESERVATIONS}


def volume(size: float) -> dict[str, Any]:
    """The volume."""
    kept = {"persistence": {"id": "v"}, "volume": {"container_path": "data", "mode": "RW"}}
    return disk(size) | {"disk": kept}


def task(name: str, agent_id: Any, command: str) -> dict[str, Any]:
    """The LAUNCH of a task that uses the volume."""
    info = {
        "name": name,
        "task_id": {"value": name},
        "agent_id": agent_id,
        "command": {"value": command},
        "resources": [{"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.1}}, volume(64)],
    }
    return {"type": "LAUNCH", "launch": {"task_infos": [info]}}


class Owner:
    """A framework that acknowledges all it hears."""

    def __init__(self, framework: HttpFramework, cluster: Cluster) -> None:
        self.framework = framework
        self._cluster = cluster

    async def use(self, *operations: Any) -> None:
        """Put operations on all offers it holds now; each may be made from the agent's id."""
        held = await asyncio.to_thread(wait_until, self._find_offers, "offer")
        made = [one({"value": held[0]["slave_id"]}) if callable(one) else one for one in operations]
        named = [{"value": offer["id"]} for offer in held]
        answer = await self.framework.call("ACCEPT", offer_ids=named, operations=made, filters={"refuse_seconds": 0})
        assert 202 == answer.status

    def _find_offers(self) -> list[dict[str, Any]]:
        (framework,) = self._cluster.masters[0].get("/state")["frameworks"]
        return list(framework["offers"])

    async def end_of(self, task_id: str) -> str:
        """How a task ended."""
        while True:
            status = (await self.framework.expect("UPDATE"))["update"]["status"]
            named = {"agent_id": status["agent_id"], "task_id": status["task_id"], "uuid": status["uuid"]}
            await self.framework.call("ACKNOWLEDGE", **named)
            if status["task_id"]["value"] == task_id and status["state"] not in ("TASK_STARTING", "TASK_RUNNING"):
                return str(status["state"])

    async def end_of_operation(self) -> tuple[str, str]:
        """The id and the state of the operation that is told next."""
        event = await self.framework.expect("UPDATE_OPERATION_STATUS")
        status = event["update_operation_status"]["status"]
        named = {
            "agent_id": status["agent_id"],
            "operation_id": status["operation_id"],
            "uuid": status["uuid"]["value"],
        }
        assert 202 == (await self.framework.call("ACKNOWLEDGE_OPERATION_STATUS", **named)).status
        return status["operation_id"]["value"], status["state"]


async def test_data_outlive_task_and_agent_and_go_with_the_volume(cluster: Cluster) -> None:
    """Reserve, create and launch in one call; kill -9 the agent; read what was written; destroy; nothing is left."""
    agent, place = cluster.agents[0], cluster.folder / "agent-0/volumes/roles/db/v"
    async with HttpFramework(cluster.leading_master().url) as framework:
        await framework.subscribe(roles=["db"], capabilities=CAPABILITIES, user="root")
        owner = Owner(framework, cluster)
        await owner.use(
            {"type": "RESERVE", "id": {"value": "r"}, "reserve": {"resources": [disk(100)]}},
            {"type": "CREATE", "id": {"value": "c"}, "create": {"volumes": [volume(64)]}},
            lambda agent_id: task("writer", agent_id, "echo kept > data/file"),
        )
        ends = [await owner.end_of_operation(), await owner.end_of_operation()]
        assert [("r", "OPERATION_FINISHED"), ("c", "OPERATION_FINISHED")] == ends
        assert "TASK_FINISHED" == await owner.end_of("writer")
        assert "kept\n" == (place / "file").read_text()

        agent.kill()
        agent.start()
        await asyncio.to_thread(wait_until, lambda: _is_back(cluster), "return of the agent")
        await owner.use(lambda agent_id: task("reader", agent_id, 'test "$(cat data/file)" = kept'))
        assert "TASK_FINISHED" == await owner.end_of("reader")

        destroy = {"type": "DESTROY", "id": {"value": "d"}, "destroy": {"volumes": [volume(64)]}}
        await owner.use(destroy, {"type": "UNRESERVE", "unreserve": {"resources": [disk(100)]}})
        assert ("d", "OPERATION_FINISHED") == await owner.end_of_operation()
    wait_until(lambda: _is_clean(place), "deletion of the volume's data", 5)

    (seen,) = cluster.leading_master().get("/slaves")["slaves"]
    assert {} == seen["reserved_resources"]


def _is_back(cluster: Cluster) -> bool:
    (seen,) = cluster.masters[0].get("/slaves")["slaves"]
    return bool(seen["active"]) and "reregistered_time" in seen


def _is_clean(place: Path) -> bool:
    deleted = place.parents[2] / "deleted"
    return not place.exists() and not any(deleted.iterdir())
