"""Tasks as plain processes, real ones."""

from __future__ import annotations

import asyncio
import itertools
import os
import pwd
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from attrs import evolve

from koinon_agent.containerizer import KnownContainer, Launch, LaunchFailed, UnknownContainer
from koinon_agent.containerizer.process.containerizer import ProcessContainerizer
from koinon_agent.containerizer.process.record import ProcessRecords
from koinon_core.containers import (
    CommandInfo,
    ContainerInfo,
    ContainerType,
    DockerImage,
    Environment,
    Image,
    ImageType,
    MesosInfo,
    Volume,
    VolumeMode,
)
from koinon_core.ids import AgentId, ContainerId
from support.waiting import wait_until

Launcher = Callable[..., Launch]
MESOS = ContainerInfo(type=ContainerType.MESOS)


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """Where the containerizer writes down its processes."""
    return tmp_path / "meta" / "processes"


@pytest.fixture
async def containerizer(state_dir: Path) -> AsyncIterator[ProcessContainerizer]:
    """A process containerizer whose processes end with the test."""
    made = ProcessContainerizer(state_dir)
    await made.start()
    yield made
    for record in ProcessRecords(state_dir).read_all():
        await made.remove(record.container_id)
    await made.stop()


async def see(path: Path, text: str) -> None:
    """Wait until the file holds that."""
    await asyncio.to_thread(wait_until, lambda: path.exists() and text in path.read_text(), f"{text!r} in {path.name}")


def argv(value: str, *arguments: str) -> dict[str, Any]:
    """A task that executes words and no shell."""
    return {"command": CommandInfo(shell=False, value=value, arguments=arguments)}


@pytest.mark.parametrize(
    ("script", "code", "number", "message"),
    [
        ("exit 0", 0, None, "Command exited with status 0"),
        ("exit 3", 3, None, "Command exited with status 3"),
        ("no-such-program", 127, None, "Command exited with status 127"),
        ("kill -TERM $$", None, signal.SIGTERM, "Command terminated with signal Terminated"),
        ("kill -KILL $$", None, signal.SIGKILL, "Command terminated with signal Killed"),
        ("kill -KILL 0", None, signal.SIGKILL, "Command terminated with signal Killed"),
    ],
)
async def test_ends_are_told_in_the_words_of_the_field(
    containerizer: ProcessContainerizer,
    launch: Launcher,
    script: str,
    code: int | None,
    number: int | None,
    message: str,
) -> None:
    """Exit code or signal, even where the command takes its supervisor along."""
    wanted = launch(script)
    await containerizer.launch(wanted)
    ended = await containerizer.wait(wanted.container_id)

    assert (code, number, message) == (ended.exit_code, ended.signal, ended.message)
    assert (code == 0) == ended.is_success


async def test_burst_of_launches_lets_other_work_go_on(
    containerizer: ProcessContainerizer, launch: Launcher, state_dir: Path
) -> None:
    """Between two starts the event loop has a turn, in which pings are answered."""
    started = [0]
    burst = asyncio.gather(*(containerizer.launch(launch("exit 0")) for _ in range(5)))
    while not burst.done():
        await asyncio.sleep(0)
        started.append(len(ProcessRecords(state_dir).read_all()))
    await burst

    assert 5 == started[-1]
    assert 1 == max(later - sooner for sooner, later in itertools.pairwise(started))


async def test_a_command_runs_in_its_sandbox_with_its_environment(
    containerizer: ProcessContainerizer, launch: Launcher
) -> None:
    """Output is appended, the command's own variables win, PATH is there, stdin is empty."""
    environment = Environment.of({"A": "command"})
    script = 'pwd; echo "$A $B $MESOS_SANDBOX"; echo err >&2; cat; command -v ls >/dev/null'
    wanted = launch(script, command=CommandInfo(value=script, environment=environment))
    wanted = evolve(wanted, environment={"A": "agent", "B": "agent"})
    (wanted.sandbox / "stdout").write_text("fetched\n")
    run = await containerizer.launch(wanted)
    ended = await containerizer.wait(wanted.container_id)

    sandbox = wanted.sandbox
    assert ended.is_success
    assert f"fetched\n{sandbox}\ncommand agent {sandbox}\n" == (sandbox / "stdout").read_text()
    assert "err\n" == (sandbox / "stderr").read_text()
    assert {"stdout", "stderr"} == {path.name for path in sandbox.iterdir()}
    assert run.pid is not None
    assert not psutil.pid_exists(run.pid)


@pytest.mark.parametrize(
    ("value", "arguments", "output"),
    [("echo", ("echo", "$HOME", "a b"), "$HOME a b\n"), ("/bin/echo", ("echo", "x"), "x\n"), ("pwd", (), None)],
)
async def test_words_are_executed_without_a_shell(
    containerizer: ProcessContainerizer, launch: Launcher, value: str, arguments: tuple[str, ...], output: str | None
) -> None:
    """Arguments are the whole argv, with the name first, and nothing in them is expanded."""
    wanted = launch("", **argv(value, *arguments))
    await containerizer.launch(wanted)
    await containerizer.wait(wanted.container_id)

    assert (output or f"{wanted.sandbox}\n") == (wanted.sandbox / "stdout").read_text()


@pytest.mark.parametrize(
    ("task", "user", "reason"),
    [
        (argv("no-such-program"), None, "no such program in PATH"),
        (argv("exit", "exit", "0"), None, "no such program in PATH"),
        (argv("echo", "echo", "a\0b"), None, "null byte"),
        ({}, "nobody-here", "nobody-here"),
        ({"command": None}, None, "command.value is missing"),
    ],
)
async def test_what_cannot_start_fails_and_leaves_nothing(
    containerizer: ProcessContainerizer, launch: Launcher, state_dir: Path, task: Any, user: str | None, reason: str
) -> None:
    """The reason names what is wrong; nothing is written down or waited for."""
    wanted = evolve(launch("true", **task), user=user)
    with pytest.raises(LaunchFailed, match=reason):
        await containerizer.launch(wanted)

    assert [] == ProcessRecords(state_dir).names()
    with pytest.raises(UnknownContainer):
        await containerizer.wait(wanted.container_id)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
async def test_a_command_runs_as_its_user(containerizer: ProcessContainerizer, launch: Launcher) -> None:
    """The user of the command wins over the one of the launch, with all groups; the sandbox is its own."""
    wanted = evolve(launch("", command=CommandInfo(value="id -un; id -Gn", user="daemon")), user="nobody")
    daemon = pwd.getpwnam("daemon")
    for path in (wanted.sandbox, *wanted.sandbox.iterdir()):
        os.chown(path, daemon.pw_uid, daemon.pw_gid)
    for parent in list(wanted.sandbox.parents)[:-2]:
        parent.chmod(0o755)
    await containerizer.launch(wanted)
    ended = await containerizer.wait(wanted.container_id)

    assert ended.is_success
    assert "daemon\ndaemon\n" == (wanted.sandbox / "stdout").read_text()


@pytest.mark.slow
async def test_kill_reaches_the_whole_group_and_forces_after_the_grace_period(
    containerizer: ProcessContainerizer, launch: Launcher
) -> None:
    """SIGTERM goes to all; who does not end is ended with all its children, sooner if a second kill says so."""
    polite = launch("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done")
    stubborn = launch("trap '' TERM; sleep 600 & echo $!; while :; do sleep 0.05; done")
    for wanted, sign in ((polite, "ready"), (stubborn, "\n")):
        await containerizer.launch(wanted)
        await see(wanted.sandbox / "stdout", sign)
        await containerizer.kill(wanted.container_id, 600)
    first = await containerizer.wait(polite.container_id)
    await containerizer.kill(stubborn.container_id, 0.1)
    second = await containerizer.wait(stubborn.container_id)

    assert (7, signal.SIGKILL) == (first.exit_code, second.signal)
    assert "ready\nbye\n" == (polite.sandbox / "stdout").read_text()
    child = int((stubborn.sandbox / "stdout").read_text())
    await asyncio.to_thread(wait_until, lambda: not _runs(child), "end of the child")


async def test_nothing_that_a_command_leaves_behind_stays(
    containerizer: ProcessContainerizer, launch: Launcher
) -> None:
    """At the end of the command its background processes are ended too."""
    wanted = launch("sleep 600 & echo $!; exit 0")
    await containerizer.launch(wanted)
    ended = await containerizer.wait(wanted.container_id)

    assert ended.is_success
    child = int((wanted.sandbox / "stdout").read_text())
    await asyncio.to_thread(wait_until, lambda: not _runs(child), "end of the child")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"container": MESOS}, None),
        ({"container": ContainerInfo(type=ContainerType.DOCKER)}, "container.type is DOCKER"),
        (
            {"container": evolve(MESOS, mesos=MesosInfo(Image(type=ImageType.DOCKER, docker=DockerImage("busybox"))))},
            "container.mesos.image cannot be run as a plain process",
        ),
        (
            {"container": evolve(MESOS, volumes=(Volume(mode=VolumeMode.RW, container_path="a"),))},
            "container.volumes: a has neither host_path nor source",
        ),
    ],
)
async def test_what_needs_isolation_is_refused_by_name(
    containerizer: ProcessContainerizer, launch: Launcher, changes: dict[str, Any], problem: str | None
) -> None:
    """Commands alone or of type MESOS run; images and volumes do not."""
    assert problem == containerizer.supports(launch("true", **changes).workload)


async def test_processes_nobody_remembers_are_found(
    containerizer: ProcessContainerizer, launch: Launcher, state_dir: Path, agent_id: AgentId
) -> None:
    """Orphans are told with their ids and can be ended; known ones are none."""
    remembered, forgotten = launch("sleep 600"), launch("sleep 600")
    earlier = ProcessContainerizer(state_dir)
    for wanted in (remembered, forgotten):
        await earlier.launch(wanted)
    await earlier.stop()
    never = ContainerId("never")
    recovered = await containerizer.recover(
        [KnownContainer(remembered.container_id, remembered.sandbox), KnownContainer(never, remembered.sandbox)]
    )
    orphans = await containerizer.orphans(agent_id)
    await containerizer.remove(forgotten.container_id)

    assert [remembered.container_id] == [run.container_id for run in recovered.live]
    assert (never,) == recovered.gone
    assert [(forgotten.container_id, "task-1", True)] == [
        (orphan.container_id, orphan.task_id, orphan.is_running) for orphan in orphans
    ]
    assert [] == list(await containerizer.orphans(AgentId("another-S0")))


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
