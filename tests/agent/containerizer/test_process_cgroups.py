"""Plain processes held by the kernel's control groups, real ones: only root on a machine that has them can try."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from attrs import evolve

from koinon_agent.containerizer import KnownContainer, Launch, Workload
from koinon_agent.containerizer.cgroups.group import FREEZER, Group
from koinon_agent.containerizer.cgroups.hierarchies import parse_hierarchies
from koinon_agent.containerizer.cgroups.options import CgroupOptions
from koinon_agent.containerizer.process.containerizer import ProcessContainerizer
from koinon_agent.containerizer.process.record import ProcessRecords
from koinon_core.ids import ContainerId
from koinon_core.resources_text import parse_resources
from support.waiting import wait_until

Launcher = Callable[..., Launch]
HIERARCHIES = parse_hierarchies(Path("/proc/self/mountinfo").read_text())
V1 = frozenset().union(*(hierarchy.controllers for hierarchy in HIERARCHIES))
CONTROLLERS = frozenset({"cpu", "memory", "pids"})

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not V1 >= CONTROLLERS, reason="needs root and cgroups of version 1 to write to"
)


@pytest.fixture
def options() -> Iterator[CgroupOptions]:
    """Limits of all kinds in a root of the test's own, which is gone when it ends."""
    root = f"koinon-test-{uuid4()}"
    yield CgroupOptions(root=root, controllers=CONTROLLERS, is_cpu_limited=True, pids_limit=20)
    for folder in find_folders(root):
        with suppress(FileNotFoundError):
            folder.rmdir()


def find_folders(root: str) -> list[Path]:
    """The agent's folders, one a hierarchy."""
    return [folder for hierarchy in HIERARCHIES if (folder := hierarchy.mount_point / root).is_dir()]


def serves_to_kill(folder: Path) -> bool:
    """Whether all plain processes have groups there, whatever they are limited in."""
    return (folder / "cgroup.kill").exists() or (folder / "freezer.state").exists()


@pytest.fixture
async def containerizer(tmp_path: Path, options: CgroupOptions) -> AsyncIterator[ProcessContainerizer]:
    """A process containerizer whose processes end with the test."""
    made = ProcessContainerizer(tmp_path / "state", options)
    await made.start()
    yield made
    for record in ProcessRecords(tmp_path / "state").read_all():
        await made.remove(record.container_id)
    await made.stop()


def runs(pid: int) -> bool:
    """Whether a process lives, not only its remains."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def read_pid(path: Path) -> int:
    """The process that the file names, once it does."""

    def read() -> str:
        return path.read_text() if path.exists() else ""

    await asyncio.to_thread(wait_until, lambda: read().endswith("\n"), f"a pid in {path}")
    return int(await asyncio.to_thread(read))


DAEMON = "(setsid sh -c 'setsid sleep 600 & echo $! > daemon' &)"
"""Its parents end at once, and it leads a session of its own."""


async def test_the_end_of_a_task_is_the_end_of_its_daemons(
    containerizer: ProcessContainerizer, launch: Launcher, options: CgroupOptions
) -> None:
    """Of whatever it ends: by itself, or by force when SIGTERM means nothing to it. No group stays either."""
    ending = launch(f"{DAEMON}; while [ ! -s daemon ]; do sleep 0.01; done; exit 3")
    stubborn = launch(f"trap '' TERM; {DAEMON}; while :; do sleep 0.05; done")
    for wanted in (ending, stubborn):
        await containerizer.launch(wanted)
    daemons = [await read_pid(wanted.sandbox / "daemon") for wanted in (ending, stubborn)]
    await containerizer.kill(stubborn.container_id, 0.1)
    ended = [await containerizer.wait(wanted.container_id) for wanted in (ending, stubborn)]

    assert [(3, None), (None, 9)] == [(end.exit_code, end.signal) for end in ended]
    assert [False, False] == [runs(pid) for pid in daemons]
    assert [] == [child for folder in find_folders(options.root) for child in folder.iterdir() if child.is_dir()]


async def test_a_task_that_runs_out_of_memory_says_so(containerizer: ProcessContainerizer, launch: Launcher) -> None:
    """The kernel ends one of its processes, the agent the rest of it, and the reason is told."""
    wanted = launch("head -c 200m /dev/zero | tail | sleep 600", resources=parse_resources("cpus:1;mem:32"))
    await containerizer.launch(wanted)
    ended = await asyncio.wait_for(containerizer.wait(wanted.container_id), 10)

    assert (True, False) == (ended.is_out_of_memory, ended.is_success)
    assert "Memory limit exceeded (maximum used 32MB)" in ended.message


async def test_a_fork_bomb_stays_within_its_number_of_processes(
    containerizer: ProcessContainerizer, launch: Launcher
) -> None:
    """What is beyond it is refused by the kernel, and the kill ends all of it."""
    script = "(while :; do sleep 600 & done); exec sleep 600"
    wanted = launch(script, resources=parse_resources("cpus:0.5;mem:64"))
    await containerizer.launch(wanted)
    stderr = wanted.sandbox / "stderr"
    await asyncio.to_thread(wait_until, lambda: "fork" in stderr.read_text(), "a fork that is refused")
    usage = await containerizer.usage(wanted.container_id)
    await containerizer.kill(wanted.container_id, 0)
    await containerizer.wait(wanted.container_id)

    assert usage.threads in (19, 20)  # the shell that was refused ends
    assert (0.5, 64 << 20) == (usage.cpus_limit, usage.mem_limit_bytes)
    assert usage.mem_rss_bytes
    assert usage.cpus_user_time_secs is not None


async def test_a_process_is_resized_while_it_runs(containerizer: ProcessContainerizer, launch: Launcher) -> None:
    """Up at once; of memory only the soft limit goes down again. One that has ended is let alone."""
    wanted = launch("exec sleep 600", resources=parse_resources("cpus:0.5;mem:64"))
    await containerizer.launch(wanted)
    figures = []
    for asked in ("cpus:1;mem:128", "cpus:0.25;mem:32"):
        await containerizer.update(wanted.container_id, Workload(resources=parse_resources(asked)))
        usage = await containerizer.usage(wanted.container_id)
        figures.append((usage.cpus_limit, usage.mem_limit_bytes, usage.mem_soft_limit_bytes))
    await containerizer.kill(wanted.container_id, 0)
    await containerizer.wait(wanted.container_id)
    await containerizer.update(wanted.container_id, Workload(resources=parse_resources("cpus:2")))

    assert [(1.0, 128 << 20, 128 << 20), (0.25, 128 << 20, 32 << 20)] == figures


async def test_a_restarted_agent_knows_the_group_and_sweeps_what_a_crash_left(
    containerizer: ProcessContainerizer, launch: Launcher, options: CgroupOptions, tmp_path: Path
) -> None:
    """Under other flags, too: the group is written down. One that was never written down is emptied and removed,
    though the agent knows what it was for.
    """
    wanted = launch(f"{DAEMON}; sleep 600", resources=parse_resources("cpus:1;mem:64"))
    await containerizer.launch(wanted)
    daemon = await read_pid(wanted.sandbox / "daemon")
    (tmp_path / "state" / "crashed").mkdir()
    left = next(folder for folder in find_folders(options.root) if serves_to_kill(folder)) / "crashed"
    left.mkdir()
    await containerizer.stop()
    again = ProcessContainerizer(tmp_path / "state", evolve(options, controllers=frozenset()))
    await again.start()
    known = [(wanted.container_id, wanted.sandbox), (ContainerId("crashed"), tmp_path)]
    recovered = await again.recover([KnownContainer(*one) for one in known])
    usage = await again.usage(wanted.container_id)
    await again.kill(wanted.container_id, 0)
    await again.wait(wanted.container_id)
    await again.remove(wanted.container_id)
    await again.stop()

    assert [wanted.container_id] == [run.container_id for run in recovered.live]
    assert 64 << 20 == usage.mem_limit_bytes
    assert (False, False) == (runs(daemon), left.exists())
    assert [] == [child for folder in find_folders(options.root) for child in folder.iterdir() if child.is_dir()]


@pytest.mark.skipif(FREEZER not in V1, reason="needs the freezer of version 1")
async def test_the_freezer_serves_where_the_kernel_cannot_kill_a_group(tmp_path: Path) -> None:
    """Frozen, nothing forks away; it is thawed to die, and its group goes."""
    freezer = next(hierarchy.mount_point for hierarchy in HIERARCHIES if FREEZER in hierarchy.controllers)
    folder = freezer / f"koinon-test-{uuid4()}"
    folder.mkdir()
    group = Group({FREEZER: folder})
    script = "read go; while :; do setsid sleep 600 & echo x > begun; sleep 0.01; done"
    process = await asyncio.create_subprocess_exec("sh", "-c", script, stdin=asyncio.subprocess.PIPE, cwd=tmp_path)
    group.join(process.pid)
    assert process.stdin is not None
    process.stdin.write(b"\n")
    await asyncio.to_thread(wait_until, lambda: len(group.members()) > 3, "some processes")
    members = group.members()
    is_gone = await group.destroy(5)
    await process.wait()

    assert is_gone
    assert not folder.exists()
    assert [] == [pid for pid in members if runs(pid)]
