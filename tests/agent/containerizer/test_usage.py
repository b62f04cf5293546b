"""Measuring what containers use: bounded in time, whatever hangs."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from koinon_agent.containerizer import EngineUnavailable, Launch, UnknownContainer
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_agent.containerizer.usage.disk import DiskUsage
from koinon_agent.containerizer.usage.measure import measure
from koinon_agent.containerizer.usage.network import parse_network
from koinon_agent.containerizer.usage.sampler import UsageSampler
from koinon_core.ids import ContainerId
from koinon_core.resources_text import parse_resources
from koinon_core.statistics import ResourceStatistics
from support.waiting import wait_until

GOOD, HUNG, GONE = ContainerId("good"), ContainerId("hung"), ContainerId("gone")
NET_DEV = """\
Inter-|   Receive                                         |  Transmit
 face |bytes packets errs drop fifo frame compr multicast|bytes packets errs drop fifo colls carrier compressed
    lo:   999    9    0    0    0    0     0         0      999    9    0    0    0    0       0          0
  eth0:   100    2    1    3    0    0     0         0      200    4    5    6    0    0       0          0
  eth1:     1    1    0    0    0    0     0         0        1    1    0    0    0    0       0          0
"""


def test_networks_are_added_up_without_the_loopback() -> None:
    """Bytes, packets, errors and drops in both directions."""
    assert {
        "net_rx_bytes": 101,
        "net_rx_packets": 3,
        "net_rx_errors": 1,
        "net_rx_dropped": 3,
        "net_tx_bytes": 201,
        "net_tx_packets": 5,
        "net_tx_errors": 5,
        "net_tx_dropped": 6,
    } == parse_network(NET_DEV)
    assert {} == parse_network("\n".join(NET_DEV.splitlines()[:3])) == parse_network("") == parse_network("a: b")


class Containers:
    """A containerizer in which one container hangs and one is gone."""

    def __init__(self) -> None:
        self.asked: Counter[ContainerId] = Counter()

    async def usage(self, container_id: ContainerId) -> ResourceStatistics:
        """As a containerizer's."""
        self.asked[container_id] += 1
        if container_id == HUNG:
            await asyncio.Event().wait()
        if container_id == GONE:
            raise EngineUnavailable("unix:///x", "away")
        return ResourceStatistics(timestamp=float(self.asked[container_id]), processes=1)


@pytest.fixture
def containers() -> Containers:
    """What is measured."""
    return Containers()


@pytest.fixture
async def sampler(containers: Containers) -> AsyncIterator[UsageSampler]:
    """A sampler that answers at once."""
    made = UsageSampler(containers.usage, deadline=0.01)
    yield made
    made.close()


async def test_what_hangs_holds_nobody_back(sampler: UsageSampler, containers: Containers, tmp_path: Path) -> None:
    """Others are answered, each is measured once for all that ask meanwhile, and what failed is left out."""
    wanted = dict.fromkeys((GOOD, HUNG, GONE), str(tmp_path))
    answers = await asyncio.gather(*(sampler.sample(wanted) for _ in range(3)))

    assert [{GOOD}] * 3 == [set(answer) for answer in answers]
    assert {1.0} == {answer[GOOD].timestamp for answer in answers}
    assert {GOOD: 1, HUNG: 1} == {name: containers.asked[name] for name in (GOOD, HUNG)}


async def test_a_sample_is_kept_for_a_while_and_forgotten_with_its_container(
    sampler: UsageSampler, containers: Containers, tmp_path: Path
) -> None:
    """Ended containers leave nothing behind."""
    wanted = {GOOD: str(tmp_path)}
    await sampler.sample(wanted)
    await sampler.sample(wanted)
    once = containers.asked[GOOD]
    sampler.keep({})
    await sampler.sample(wanted)

    assert (1, 2) == (once, containers.asked[GOOD])


def test_the_size_of_a_sandbox_is_counted_in_the_background(tmp_path: Path) -> None:
    """As du counts it: blocks, a file of two names once, nothing behind a link; unknown before the first count."""
    folder = tmp_path / "sandbox"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").write_bytes(b"x" * 10_000)
    (folder / "again").hardlink_to(folder / "deep" / "file")
    (folder / "link").symlink_to("/usr")
    blocks = sum((folder / name).lstat().st_blocks for name in ("deep", "deep/file", "link"))
    disk = DiskUsage()
    first = disk.read(folder)
    wait_until(lambda: disk.read(folder) is not None, "a count")

    assert first is None
    assert 512 * blocks == disk.read(folder)
    disk.keep(set())
    assert disk.read(folder) is None
    disk.close()


async def test_a_process_without_groups_is_measured_by_its_tree() -> None:
    """This one, say: with its children."""
    child = await asyncio.create_subprocess_exec("sleep", "600")
    usage = await measure(os.getpid())
    of_child = await measure(child.pid)
    child.kill()
    await child.wait()
    gone = await measure(child.pid)

    assert usage.processes is not None
    assert usage.processes >= 2
    assert usage.mem_rss_bytes
    assert 1 == of_child.processes
    assert ResourceStatistics(timestamp=gone.timestamp) == gone


@pytest.mark.slow
async def test_a_docker_container_is_measured_without_its_engine(
    containerizer: DockerContainerizer, docker_launch: Callable[..., Launch]
) -> None:
    """By the groups that its first process is in: all of it, and nothing of the machine's."""
    wanted = docker_launch("sleep 600 & sleep 600", task={"resources": parse_resources("cpus:0.5;mem:64")})
    await containerizer.launch(wanted)
    usage = await containerizer.usage(wanted.container_id)
    await containerizer.remove(wanted.container_id)

    assert 64 << 20 == usage.mem_limit_bytes
    assert usage.mem_total_bytes is not None
    assert 0 < usage.mem_total_bytes < 64 << 20
    assert usage.cpus_user_time_secs is not None
    assert usage.processes in (1, 2, 3)
    with pytest.raises(UnknownContainer):
        await containerizer.usage(wanted.container_id)
