"""Tasks in containers of a real Docker engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import docker
import orjson
import pytest

from koinon_agent.containerizer import Launch, LaunchFailed, UnknownContainer
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_core.containers import CommandInfo, DockerNetwork, Parameter, PortMapping
from koinon_core.ids import ContainerId
from koinon_core.resources import Resources, ranges, scalar
from support.docker_engine import find_containers
from support.waiting import wait_until

Launcher = Callable[..., Launch]
pytestmark = pytest.mark.slow


async def see(launch: Launch, text: str) -> None:
    """Wait until the container has written that."""
    await asyncio.to_thread(wait_until, lambda: text in (launch.sandbox / "stdout").read_text(), f"output {text!r}")


async def test_a_task_runs_to_its_end_and_its_output_is_in_the_sandbox(
    containerizer: DockerContainerizer, docker_launch: Launcher
) -> None:
    """Start, end and output of a container, with what the engine says about it."""
    launch = docker_launch("echo out; echo err >&2; cat $MESOS_SANDBOX/given; exit 3")
    (launch.sandbox / "given").write_text("from the host\n")
    run = await containerizer.launch(launch)
    ended = await containerizer.wait(launch.container_id)

    (inspection,) = orjson.loads(run.inspection or b"[]")
    assert run.engine_id == inspection["Id"]
    assert abs(time.time() - run.started_at) < 60
    assert (3, "Container exited with status 3", False) == (ended.exit_code, ended.message, ended.is_success)
    assert "out\nfrom the host\n" == (launch.sandbox / "stdout").read_text()
    assert "err\n" == (launch.sandbox / "stderr").read_text()


async def test_output_follows_what_the_files_held_before(
    containerizer: DockerContainerizer, docker_launch: Launcher
) -> None:
    """A fetcher may have written first; long output arrives whole."""
    launch = docker_launch("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done")
    (launch.sandbox / "stdout").write_text("fetched\n")
    await containerizer.launch(launch)
    ended = await containerizer.wait(launch.container_id)

    assert ended.is_success
    assert ["fetched", *(f"line {i}" for i in range(20000))] == (launch.sandbox / "stdout").read_text().splitlines()


async def test_a_bridged_container_is_reached_by_its_mapped_port(
    containerizer: DockerContainerizer, docker_launch: Launcher, free_port: int
) -> None:
    """The host's port leads into the container, which has an address of its own."""
    launch = docker_launch(
        "echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp",
        task={"resources": Resources((ranges("ports", (free_port, free_port)),))},
        network=DockerNetwork.BRIDGE,
        port_mappings=(PortMapping(host_port=free_port, container_port=8080),),
    )
    run = await containerizer.launch(launch)

    def get() -> bytes | None:
        try:
            with urlopen(f"http://127.0.0.1:{free_port}/", timeout=5) as answer:
                return bytes(answer.read())
        except OSError:
            return None

    assert b"hello\n" == await asyncio.to_thread(wait_until, get, "answer")
    assert 1 == len(run.ip_addresses)
    assert run.pid


async def test_a_container_on_the_host_network_has_no_address_of_its_own(
    containerizer: DockerContainerizer, docker_launch: Launcher
) -> None:
    """Its address is the agent's, which the agent knows."""
    run = await containerizer.launch(docker_launch("sleep 60", network=DockerNetwork.HOST))

    assert () == run.ip_addresses


async def test_kill_asks_first_and_forces_after_the_grace_period(
    containerizer: DockerContainerizer, docker_launch: Launcher
) -> None:
    """SIGTERM is heard; who does not end by it is ended, sooner if a second kill says so."""
    polite = docker_launch("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done")
    stubborn = docker_launch("trap '' TERM; echo ready; while :; do sleep 0.05; done")
    for launch in (polite, stubborn):
        await containerizer.launch(launch)
        await see(launch, "ready")
        await containerizer.kill(launch.container_id, 600)
    first = await containerizer.wait(polite.container_id)
    await containerizer.kill(stubborn.container_id, 0.2)
    second = await containerizer.wait(stubborn.container_id)

    assert (7, 137) == (first.exit_code, second.exit_code)
    assert "ready\nbye\n" == (polite.sandbox / "stdout").read_text()


async def test_kill_sends_the_signal_that_the_container_names(
    containerizer: DockerContainerizer, docker_launch: Launcher
) -> None:
    """Parameter `stop-signal` counts as it does for `docker stop`."""
    launch = docker_launch(
        "trap 'exit 9' USR1; echo ready; while :; do sleep 0.05; done", parameters=(Parameter("stop-signal", "USR1"),)
    )
    await containerizer.launch(launch)
    await see(launch, "ready")
    await containerizer.kill(launch.container_id, 600)

    assert 9 == (await containerizer.wait(launch.container_id)).exit_code


async def test_running_out_of_memory_is_told_as_such(
    containerizer: DockerContainerizer, docker_launch: Launcher
) -> None:
    """The kernel's killer is told apart from any other SIGKILL."""
    launch = docker_launch("exec tail /dev/zero", task={"resources": Resources((scalar("mem", 32),))})
    await containerizer.launch(launch)
    ended = await containerizer.wait(launch.container_id)

    assert (137, True, "Container exited with status 137 (out of memory)") == (
        ended.exit_code,
        ended.is_out_of_memory,
        ended.message,
    )


@pytest.mark.parametrize("is_forced", [False, True])
async def test_a_missing_image_fails_in_the_engines_words(
    containerizer: DockerContainerizer, docker_launch: Launcher, is_forced: bool
) -> None:
    """The pull is tried, for all that wait at once, and what the registry or the way to it said is the reason."""
    launches = [docker_launch("true", image="127.0.0.1:9/none/such", force_pull_image=is_forced) for _ in range(3)]
    outcomes = await asyncio.gather(*map(containerizer.launch, launches), return_exceptions=True)

    assert [LaunchFailed] * 3 == [type(outcome) for outcome in outcomes]
    assert all("127.0.0.1:9" in str(outcome) for outcome in outcomes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"task": {"command": CommandInfo(shell=False, value="/no/such")}}, "no such file or directory"),
        ({"parameters": (Parameter("name", "mine"),)}, "is not allowed"),
        ({"parameters": (Parameter("user", "nobody-here"),)}, "nobody-here"),
    ],
)
async def test_what_cannot_start_fails_and_leaves_nothing(
    containerizer: DockerContainerizer,
    docker_launch: Launcher,
    docker_engine: docker.DockerClient,
    changes: dict[str, Any],
    reason: str,
) -> None:
    """A launch that failed is unknown afterwards, to us and to the engine."""
    launch = docker_launch("true", **changes)
    with pytest.raises(LaunchFailed, match=reason):
        await containerizer.launch(launch)

    label = f"koinon.container={launch.container_id}"
    await asyncio.to_thread(wait_until, lambda: not find_containers(docker_engine, label=label), "empty engine")
    with pytest.raises(UnknownContainer):
        await containerizer.wait(launch.container_id)


async def test_a_kill_during_launch_is_no_failure_of_the_task(
    containerizer: DockerContainerizer, docker_launch: Launcher
) -> None:
    """The launch fails as killed, or, where it was too late for that, the container ends at once."""
    launch = docker_launch("sleep 600")
    launching = asyncio.create_task(containerizer.launch(launch))
    await asyncio.sleep(0)
    await containerizer.kill(launch.container_id, 0)

    with pytest.raises(LaunchFailed) as failure:
        await launching
    assert failure.value.is_killed


async def test_remove_ends_and_forgets(
    containerizer: DockerContainerizer, docker_launch: Launcher, docker_engine: docker.DockerClient
) -> None:
    """A removed container is gone from the engine; removing it again, or what never was, is nothing."""
    launch = docker_launch("sleep 600")
    run = await containerizer.launch(launch)
    waiting = asyncio.create_task(containerizer.wait(launch.container_id))
    await containerizer.remove(launch.container_id)
    await containerizer.remove(launch.container_id)
    await containerizer.remove(ContainerId("never"))

    assert 137 == (await waiting).exit_code
    with pytest.raises(docker.errors.NotFound):
        docker_engine.containers.get(run.engine_id or "")


async def test_many_containers_at_once(containerizer: DockerContainerizer, docker_launch: Launcher) -> None:
    """Launches, ends and outputs do not get mixed up."""
    launches = [docker_launch(f"echo {number}; exit {number}") for number in range(10)]
    await asyncio.gather(*map(containerizer.launch, launches))
    ends = await asyncio.gather(*(containerizer.wait(launch.container_id) for launch in launches))

    assert list(range(10)) == [ended.exit_code for ended in ends]
    assert [f"{number}\n" for number in range(10)] == [(launch.sandbox / "stdout").read_text() for launch in launches]
