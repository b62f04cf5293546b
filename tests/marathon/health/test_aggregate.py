"""The health of a pod's instance, from its containers' checks (marathon-semantics 15, 20.1)."""

from __future__ import annotations

import pytest

from koinon_core.ids import AgentId
from koinon_frameworks.matching.placement import Placement
from koinon_marathon.definition.apps import VersionInfo
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.pod_containers import ContainerHealthCheck, EndpointTcp, PodContainer
from koinon_marathon.definition.pods import Pod
from koinon_marathon.health.aggregate import agent_check, instance_health, is_healthy
from koinon_marathon.health.book import HealthBook
from koinon_marathon.health.machine import UNKNOWN
from koinon_marathon.instance.instances import Condition, Instance, InstanceId, Task, make_task_id
from support.marathon_world import LONG_AGO

CHECK = ContainerHealthCheck(tcp=EndpointTcp(endpoint="http"))
ID = InstanceId("pod.instance-1")
INSTANCE = Instance(
    id=ID,
    spec_id=PathId("/pod"),
    version=LONG_AGO,
    config_version=LONG_AGO,
    role="*",
    condition=Condition.RUNNING,
    since=0.0,
    tasks=tuple(
        Task(
            id=make_task_id(ID, 1, name),
            agent_id=AgentId("a"),
            placement=Placement(hostname="h", attributes=()),
            staged_at=0.0,
        )
        for name in ("web", "log", "db")
    ),
)


def _pod(*checked: str) -> Pod:
    """Three containers, of which these have a check."""
    containers = tuple(
        PodContainer(name=name, health_check=CHECK if name in checked else None) for name in ("web", "log", "db")
    )
    return Pod(id=PathId("/pod"), containers=containers, version=LONG_AGO, version_info=VersionInfo(LONG_AGO, LONG_AGO))


@pytest.mark.parametrize(
    ("told", "health", "is_well"),
    [
        ({}, None, False),
        ({"web": True}, None, False),
        ({"web": True, "db": True}, True, True),
        ({"web": True, "db": False}, False, False),
    ],
)
def test_every_container_with_a_check_must_be_well(told: dict[str, bool], health: bool | None, is_well: bool) -> None:
    """Those without one say nothing, and nobody waits for their word."""
    pod, book = _pod("web", "db"), HealthBook()
    for name, is_alive in told.items():
        book.put(make_task_id(ID, 1, name), 0, UNKNOWN.succeed(1.0) if is_alive else UNKNOWN.fail(1.0, "exit 1"))

    assert health is instance_health(pod, INSTANCE, book)
    assert is_well is is_healthy(pod, INSTANCE, book)
    assert [0, None, 0] == [agent_check(pod, task.id) for task in INSTANCE.tasks]


def test_without_checks_running_is_enough() -> None:
    """Its health is unknown, and stands against nothing."""
    assert None is instance_health(_pod(), INSTANCE, HealthBook())
    assert is_healthy(_pod(), INSTANCE, HealthBook())
