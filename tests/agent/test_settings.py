"""What the agent's rules read of its flags."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from fakes.agent_bench import make_task
from koinon_agent.settings import AgentSettings
from koinon_core.agents import AgentInfo
from koinon_core.containers import ContainerInfo, ContainerType, DurationInfo
from koinon_core.tasks import KillPolicy

SETTINGS = AgentSettings(
    info=AgentInfo(hostname="a"), ip="127.0.0.1", find_sandbox=lambda *_: Path("/s"), find_volume=lambda _: Path("/v")
)


@pytest.mark.parametrize(
    ("kind", "stop_timeout", "own", "asked", "expected"),
    [
        (ContainerType.DOCKER, 0, None, None, 5.0),
        (ContainerType.DOCKER, 2, None, None, 5.0),
        (ContainerType.DOCKER, 20, None, None, 20.0),
        (ContainerType.DOCKER, 20, 7, None, 7.0),
        (ContainerType.DOCKER, 20, 7, 1, 1.0),
        (ContainerType.DOCKER, 0, -1, None, 0.0),
        (ContainerType.MESOS, 20, None, None, 3.0),
        (None, 20, None, None, 3.0),
    ],
)
def test_a_kill_is_patient_as_it_says_or_as_the_flags_say(
    kind: ContainerType | None, stop_timeout: float, own: float | None, asked: float | None, expected: float
) -> None:
    """The kill's own policy, then the task's; else the longer of the two flags for Docker, three seconds for others."""
    own_policy, asked_policy = (
        None if seconds is None else KillPolicy(DurationInfo.of_seconds(seconds)) for seconds in (own, asked)
    )
    container = None if kind is None else ContainerInfo(type=kind)
    task = evolve(make_task("t"), container=container, kill_policy=own_policy)

    assert expected == evolve(SETTINGS, docker_stop_timeout=stop_timeout).kill_grace(task, asked_policy)
