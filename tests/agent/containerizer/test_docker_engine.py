"""The engine as a connection that comes and goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from koinon_agent.containerizer import EngineUnavailable
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_agent.containerizer.docker.options import DockerOptions
from koinon_core.ids import AgentId
from support.docker_engine import docker_url


@pytest.mark.slow
async def test_a_start_that_failed_can_be_tried_again(tmp_path: Path) -> None:
    """An engine that starts after its agent is found: the agent asks again until it answers."""
    socket = tmp_path / "docker.sock"
    containerizer = DockerContainerizer(DockerOptions(url=f"unix://{socket}"))
    with pytest.raises(EngineUnavailable, match=str(socket)):
        await containerizer.start()
    await containerizer.stop()

    socket.symlink_to(docker_url().removeprefix("unix://"))
    await containerizer.start()
    assert [] == list(await containerizer.orphans(AgentId("nobody")))
    await containerizer.stop()
