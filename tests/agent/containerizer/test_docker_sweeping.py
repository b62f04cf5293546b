"""A container whose making was never answered for does not stay when it comes to be after all."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import docker
import pytest

from koinon_agent.containerizer.docker import sweeping
from koinon_agent.containerizer.docker.engine import Engine
from koinon_agent.containerizer.docker.options import DockerOptions
from koinon_agent.containerizer.docker.sweeping import Sweeper
from support.docker_engine import BUSYBOX, docker_url, find_containers
from support.waiting import wait_until


@pytest.mark.slow
async def test_what_comes_late_is_removed_too(
    docker_engine: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked for again after the first time found nothing; a stop does not wait for that."""
    monkeypatch.setattr(sweeping, "_LATE_PAUSES_SECONDS", (0.2, 0.5, 60.0))
    engine = Engine(docker_url(), DockerOptions().calls, 10.0)
    await engine.start()
    sweeper, name = Sweeper(engine), f"mesos-{uuid4()}"
    sweeper.sweep(name, may_come_late=True)
    await asyncio.to_thread(docker_engine.containers.create, BUSYBOX, "true", name=name)
    await asyncio.to_thread(wait_until, lambda: not find_containers(docker_engine, name=name), "removal")
    async with asyncio.timeout(2):
        await sweeper.stop()
    await engine.stop()
