"""Output of containers on a real engine: more than may be kept, and that of a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import docker
import pytest

from koinon_agent.containerizer import KnownContainer, Launch
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_agent.containerizer.docker.options import DockerOptions
from koinon_agent.containerizer.docker.request.spec import SpecOptions
from koinon_agent.containerizer.log_limits import LogLimits
from koinon_core.linux import TtyInfo
from support.docker_engine import docker_url
from support.waiting import wait_until

Launcher = Callable[..., Launch]
pytestmark = pytest.mark.slow

LIMITS = LogLimits(max_size=150_000, max_files=3)
LINES = 16_000
"""More than the sandbox may hold, and less than the engine keeps: what it throws away unread nobody can bring."""


async def test_much_output_stays_within_its_bound_on_both_sides(
    docker_launch: Launcher, docker_engine: docker.DockerClient
) -> None:
    """Half a megabyte; the agent is exchanged meanwhile, the last lines are there, and none comes twice."""
    say = f'BEGIN {{ for (i = 1; i <= {LINES}; i++) print "a line that has the number " i }}'
    launch = docker_launch(f"awk '{say}'; echo over >&2; seq 1 3; exit 3")
    options = DockerOptions(url=docker_url(), spec=SpecOptions(logs=LIMITS))
    first, second = DockerContainerizer(options), DockerContainerizer(options)
    await first.start()
    run = await first.launch(launch)
    await asyncio.to_thread(wait_until, lambda: (launch.sandbox / "stdout").stat().st_size, "output")
    await first.stop()
    config = docker_engine.api.inspect_container(run.engine_id or "")["HostConfig"]["LogConfig"]
    await second.start()
    await second.recover([KnownContainer(launch.container_id, launch.sandbox)])
    ended = await second.wait(launch.container_id)
    await second.remove(launch.container_id)
    await second.stop()

    names = LIMITS.names("stdout")
    texts = [(launch.sandbox / name).read_text() for name in reversed(names)]
    lines = "".join(texts).splitlines()
    assert {"Type": "json-file", "Config": {"max-file": "3", "max-size": "1048576"}} == config
    assert 3 == ended.exit_code
    assert all(len(text) <= LIMITS.max_size for text in texts)
    assert not (launch.sandbox / "stdout.3").exists()
    assert [
        *(f"a line that has the number {n}" for n in range(LINES + 4 - len(lines), LINES + 1)),
        "1",
        "2",
        "3",
    ] == lines
    assert "over\n" == (launch.sandbox / "stderr").read_text()


async def test_a_terminals_output_is_written_as_it_is(
    containerizer: DockerContainerizer, docker_launch: Launcher
) -> None:
    """One stream, without frames; its last words need no end of line."""
    launch = docker_launch("echo out; echo err >&2; printf 'prompt> '", container={"tty_info": TtyInfo()})
    await containerizer.launch(launch)
    await containerizer.wait(launch.container_id)

    assert b"out\r\nerr\r\nprompt> " == (launch.sandbox / "stdout").read_bytes()
    assert b"" == (launch.sandbox / "stderr").read_bytes()
