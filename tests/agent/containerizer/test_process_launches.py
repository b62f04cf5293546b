"""What a plain process is given when it starts, for real: limits, links, a user; and executors, who start others."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
from attrs import evolve

from koinon_agent.containerizer import Launch, LaunchFailed
from koinon_agent.containerizer.process.containerizer import ProcessContainerizer
from koinon_agent.containerizer.process.record import ProcessRecords
from koinon_agent.containerizer.process.volumes import link_volumes
from koinon_core.containers import (
    CommandInfo,
    ContainerInfo,
    ContainerType,
    SandboxPath,
    SandboxPathType,
    Volume,
    VolumeMode,
    VolumeSource,
    VolumeSourceType,
)
from koinon_core.linux import RLimit, RLimitInfo, RLimitType
from support.waiting import wait_until

Launcher = Callable[..., Launch]
MESOS = ContainerInfo(type=ContainerType.MESOS)


@pytest.fixture
async def containerizer(tmp_path: Path) -> AsyncIterator[ProcessContainerizer]:
    """A process containerizer whose processes end with the test."""
    made = ProcessContainerizer(tmp_path / "state")
    await made.start()
    yield made
    for record in ProcessRecords(tmp_path / "state").read_all():
        await made.remove(record.container_id)
    await made.stop()


def runs(pid: int) -> bool:
    """Whether a process lives, not only its remains."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def limited(kind: RLimitType, number: int) -> ContainerInfo:
    """A container whose command has that limit."""
    return evolve(MESOS, rlimit_info=RLimitInfo((RLimit(type=kind, soft=number, hard=number),)))


async def test_a_limit_of_the_kernel_holds_for_the_command_alone(
    containerizer: ProcessContainerizer, launch: Launcher
) -> None:
    """Its supervisor tells the end even of a command that may write nothing."""
    files = launch("ulimit -n; ulimit -Hn; exit 4", container=limited(RLimitType.RLMT_NOFILE, 99))
    silent = launch("ulimit -f; exit 5", container=limited(RLimitType.RLMT_FSIZE, 0))
    for wanted in (files, silent):
        await containerizer.launch(wanted)
    ended = [await containerizer.wait(wanted.container_id) for wanted in (files, silent)]

    assert "99\n99\n" == (files.sandbox / "stdout").read_text()
    assert (4, None) == (ended[0].exit_code, ended[0].signal)
    assert (None, 25) == (ended[1].exit_code, ended[1].signal)  # SIGXFSZ


async def test_volumes_are_links(containerizer: ProcessContainerizer, launch: Launcher, tmp_path: Path) -> None:
    """To the host's directory, and to one of the sandbox that is made for it."""
    (tmp_path / "data").mkdir()
    own = VolumeSource(
        type=VolumeSourceType.SANDBOX_PATH, sandbox_path=SandboxPath(type=SandboxPathType.SELF, path="own/deep")
    )
    volumes = (
        Volume(mode=VolumeMode.RW, container_path="a/host", host_path=str(tmp_path / "data")),
        Volume(mode=VolumeMode.RW, container_path="mine", source=own),
    )
    wanted = launch("echo x > a/host/file; echo y > mine/file", container=evolve(MESOS, volumes=volumes))
    await containerizer.launch(wanted)
    ended = await containerizer.wait(wanted.container_id)

    assert ended.is_success
    assert "x\n" == (tmp_path / "data" / "file").read_text()
    assert "y\n" == (wanted.sandbox / "own" / "deep" / "file").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_directories_on_the_way_to_a_volume_are_the_tasks(launch: Launcher, tmp_path: Path) -> None:
    """Its user may write in them; and what a link stands for is nobody's to take."""
    own = VolumeSource(
        type=VolumeSourceType.SANDBOX_PATH, sandbox_path=SandboxPath(type=SandboxPathType.SELF, path="own")
    )
    volumes = (
        Volume(mode=VolumeMode.RW, container_path="a/host", host_path=str(tmp_path)),
        Volume(mode=VolumeMode.RW, container_path="mine", source=own),
    )
    wanted = evolve(launch("true", container=evolve(MESOS, volumes=volumes)), user="nobody")
    bent = evolve(launch("true", container=evolve(MESOS, volumes=volumes[1:])), user="nobody")
    (bent.sandbox / "elses").mkdir()
    (bent.sandbox / "own").symlink_to("elses")
    link_volumes(wanted)

    assert ["nobody", "nobody"] == [(wanted.sandbox / name).owner() for name in ("a", "own")]
    with pytest.raises(PermissionError, match="leads through 'own'"):
        link_volumes(bent)
    assert "root" == (bent.sandbox / "elses").owner()


async def test_a_volume_never_leads_out_of_the_sandbox(
    containerizer: ProcessContainerizer, launch: Launcher, tmp_path: Path
) -> None:
    """Not even where what was fetched put a link in its way; and what is not there cannot be shown."""
    out = tmp_path / "out"
    out.mkdir()
    volume = Volume(mode=VolumeMode.RW, container_path="link/x", host_path=str(tmp_path))
    led_out = launch("true", container=evolve(MESOS, volumes=(volume,)))
    (led_out.sandbox / "link").symlink_to(out)
    missing = launch("true", container=evolve(MESOS, volumes=(evolve(volume, host_path="/no/such/place"),)))

    with pytest.raises(LaunchFailed, match="'link/x' leads through 'link', which is a link"):
        await containerizer.launch(led_out)
    with pytest.raises(LaunchFailed, match="there is no /no/such/place on this machine"):
        await containerizer.launch(missing)
    assert [] == list(out.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
async def test_nobody_is_switched_to_where_the_agent_does_not(
    containerizer: ProcessContainerizer, launch: Launcher
) -> None:
    """A launch without a user (--no-switch_user) runs as the agent, whatever its command says."""
    wanted = launch("", command=CommandInfo(value="id -un", user="nobody"))
    await containerizer.launch(wanted)
    await containerizer.wait(wanted.container_id)

    assert "root\n" == (wanted.sandbox / "stdout").read_text()


async def test_an_executor_dies_together_with_what_it_started(
    containerizer: ProcessContainerizer, launch: Launcher
) -> None:
    """It is a process like any other, though no task's: its end, by itself or by force, is that of its children."""
    script = "sh -c 'echo $$ > child; exec sleep 600' & while [ ! -s child ]; do sleep 0.01; done"
    killed = evolve(launch(f"{script}; touch ready; sleep 600"), task_id=None)
    ending = evolve(launch(f"{script}; exit 2"), task_id=None)
    for wanted in (killed, ending):
        await containerizer.launch(wanted)
    ended = await containerizer.wait(ending.container_id)
    ready = killed.sandbox / "ready"
    await asyncio.to_thread(wait_until, ready.exists, "the second executor's child")
    await containerizer.kill(killed.container_id, 0)
    await containerizer.wait(killed.container_id)
    children = [int((wanted.sandbox / "child").read_text()) for wanted in (killed, ending)]

    assert 2 == ended.exit_code
    await asyncio.to_thread(wait_until, lambda: not any(map(runs, children)), "the end of both children")
