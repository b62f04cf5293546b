"""What containers without a parent may be given, whose they are, and how their ends are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from koinon_agent.containerizer import Ended
from koinon_agent.standalone.requests import find_resources_problem, plan_launch, show_end
from koinon_core.agent_api import LaunchContainer
from koinon_core.containers import CommandInfo, ContainerIdInfo
from koinon_core.ids import ContainerId
from koinon_core.resources import Disk, Kind, Persistence, Resource, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import UNLIMITED, Limit, Scalar

OWN = ContainerIdInfo(value="own")
ID = ContainerId("own")


@pytest.mark.parametrize(
    ("resources", "limits", "problem"),
    [
        ("cpus:1;mem:64", {}, None),
        ("cpus:1;mem:64", {"cpus": Scalar.of(2), "mem": UNLIMITED}, None),
        ("cpus(role):1", {}, "resources: cpus is reserved or a volume, and those are for the tasks of frameworks"),
        ("disk:10", {"disk": Scalar.of(10)}, "limits.disk cannot be had: only cpus and mem may be limited"),
        ("cpus:1", {"mem": UNLIMITED}, "limits.mem needs mem among the resources, too"),
        (
            "mem:64",
            {"mem": Scalar.of(63)},
            "limits.mem must be greater than or equal to the memory among the resources",
        ),
    ],
)
def test_what_it_is_to_have_is_judged(resources: str, limits: dict[str, Limit], problem: str | None) -> None:
    """Nothing that is set aside for frameworks; limits of what it has, and no lower. The field is named."""
    body = LaunchContainer(container_id=OWN, resources=parse_resources(resources), limits=limits)

    assert problem == find_resources_problem(body)


def test_a_persistent_volume_is_refused() -> None:
    """It is a framework's, and may be in use."""
    disk = Disk(persistence=Persistence(id="data"))
    resources = Resources((Resource(Kind(name="disk", disk=disk), Scalar.of(10)),))

    assert "resources: disk is reserved or a volume" in (
        find_resources_problem(LaunchContainer(container_id=OWN, resources=resources)) or ""
    )


@pytest.mark.parametrize(("switches", "user"), [(True, "nobody"), (False, None)])
def test_it_is_nobodys_but_the_work_directorys(switches: bool, user: str | None) -> None:
    """Without ids of an agent, a framework or an executor it is among nobody's orphans; users as flags have it."""
    body = LaunchContainer(container_id=OWN, command=CommandInfo(value="true", user="nobody"))
    launch = plan_launch(body, Path("/w/containers/own"), switches_user=switches)

    assert (None, None, None, None) == (launch.agent_id, launch.framework_id, launch.executor_id, launch.task_id)
    assert (ID, user, body.command) == (launch.container_id, launch.user, launch.workload.command)


@pytest.mark.parametrize(
    ("ended", "view"),
    [
        (Ended(container_id=ID, message="m", exit_code=3), {"message": "m", "exit_status": 3 << 8}),
        (Ended(container_id=ID, message="m", signal=15), {"message": "m", "exit_status": 15}),
        (Ended(container_id=ID, message="gone"), {"message": "gone"}),
        (
            Ended(container_id=ID, message="m", signal=9, is_out_of_memory=True),
            {
                "message": "m",
                "exit_status": 9,
                "state": "TASK_FAILED",
                "reason": "REASON_CONTAINER_LIMITATION_MEMORY",
            },
        ),
    ],
)
def test_an_end_is_told_as_wait_2_tells_it(ended: Ended, view: dict[str, object]) -> None:
    """The exit code in the upper byte, a signal in the lower one, nothing where nobody knows; why it was ended."""
    assert view == show_end(ended)
