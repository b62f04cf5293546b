"""The rules about control groups: where they are, what is written to them, what their files tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from koinon_agent.containerizer import Workload
from koinon_agent.containerizer.cgroups.controls import (
    Controls,
    decide_controls,
    settings_of,
    settings_of_resize,
)
from koinon_agent.containerizer.cgroups.figures import count_oom_kills, read_v1, read_v2
from koinon_agent.containerizer.cgroups.group import Group, read_text
from koinon_agent.containerizer.cgroups.hierarchies import (
    UNIFIED,
    Hierarchy,
    find_folders,
    parse_groups,
    parse_hierarchies,
)
from koinon_agent.containerizer.cgroups.isolation import DEFAULT, parse_isolation
from koinon_agent.containerizer.cgroups.options import CgroupOptions
from koinon_agent.containerizer.cgroups.tree import CgroupTree
from koinon_core.ids import ContainerId
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import UNLIMITED, Limit, Scalar
from koinon_core.statistics import BlockOperation, BlockStatistics, BlockThrottling, BlockValue, DeviceNumber

MOUNTS = """\
23 1 253:0 / / rw,relatime - ext4 /dev/root rw
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/lib/x,name=systemd
37 31 0:34 / /sys/fs/c\\040group rw,relatime - cgroup2 cgroup2 rw,nsdelegate
38 31 0:29 / /elsewhere rw - cgroup cgroup rw,cpu,cpuacct
"""
CONTAINER = ContainerId("c1")


def workload(text: str, **limits: Limit) -> Workload:
    """What asks for these resources."""
    return Workload(resources=parse_resources(text), limits=limits)


def test_hierarchies_of_both_versions_are_found() -> None:
    """Each once, with its controllers, its blanks, and the group that its mount shows."""
    cpu, memory, named, unified = parse_hierarchies(MOUNTS)

    assert {"cpu", "cpuacct"} == cpu.controllers
    assert Path("/sys/fs/cgroup/cpu,cpuacct") == cpu.mount_point
    assert "/docker/abc" == memory.root
    assert {"name=systemd"} == named.controllers
    assert (True, Path("/sys/fs/c group")) == (unified.is_unified, unified.mount_point)


def test_groups_of_a_process_are_found_in_the_mounts() -> None:
    """A group that a mount does not reach is none, nor one that climbs out of it."""
    groups = parse_groups("4:memory:/docker/abc/x\n3:cpu,cpuacct:/a\n1:name=systemd:/../b\n0::/c\nodd\n")
    folders = find_folders(parse_hierarchies(MOUNTS), groups)

    assert {
        "cpu": Path("/sys/fs/cgroup/cpu,cpuacct/a"),
        "cpuacct": Path("/sys/fs/cgroup/cpu,cpuacct/a"),
        "memory": Path("/sys/fs/cgroup/memory/x"),
        UNIFIED: Path("/sys/fs/c group/c"),
    } == folders
    assert {} == find_folders(parse_hierarchies(MOUNTS)[1:2], {"memory": "/docker/other"})


@pytest.mark.parametrize(
    ("text", "controllers"),
    [
        (DEFAULT, {"cpu", "memory"}),
        ("posix/cpu,posix/mem", set()),
        ("cgroups/cpu, cgroups/mem,disk/du", {"cpu", "memory"}),
        ("cgroups/all", {"cpu", "memory", "pids", "blkio"}),
        ("", set()),
    ],
)
def test_isolators_imply_controllers(text: str, controllers: set[str]) -> None:
    """Those of posix hold nothing, those of cgroups what they name."""
    assert controllers == parse_isolation(text).controllers


def test_an_isolator_that_is_not_there_is_refused_by_name() -> None:
    """A protection that nobody gives is not taken for given."""
    with pytest.raises(ValueError, match="network/cni, gpu/nvidia cannot be given"):
        parse_isolation("cgroups/cpu,network/cni,gpu/nvidia")


@pytest.mark.parametrize(
    ("asked", "is_cpu_limited", "controls"),
    [
        (workload("cpus:0.5;mem:64"), False, Controls(cpu_shares=512, memory_limit=64 << 20)),
        (workload("cpus:0.5;mem:1"), True, Controls(cpu_shares=512, cpu_quota=50_000, memory_limit=32 << 20)),
        (
            workload("cpus:1;mem:64", cpus=Scalar.of(2), mem=Scalar.of(128)),
            False,
            Controls(cpu_shares=1024, cpu_quota=200_000, memory_limit=128 << 20, memory_soft=64 << 20),
        ),
        (
            workload("cpus:1;mem:64", cpus=UNLIMITED, mem=UNLIMITED),
            True,
            Controls(cpu_shares=1024, memory_soft=64 << 20),
        ),
        (workload("ports:[1-2]"), True, Controls()),
    ],
)
def test_limits_follow_from_resources(asked: Workload, is_cpu_limited: bool, controls: Controls) -> None:
    """Limits over requests; unlimited is no limit; memory is never less than 32 MB."""
    assert controls == decide_controls(asked, is_cpu_limited=is_cpu_limited)


def test_limits_are_written_in_the_words_of_each_version() -> None:
    """Shares become a weight of 1 to 10000, a quota one file instead of two."""
    controls = Controls(cpu_shares=1024, cpu_quota=50_000, memory_limit=64, memory_soft=32, pids_limit=10)
    names = ("cpu", "memory", "pids", "freezer")
    first = [settings_of(controls, name, is_unified=False) for name in names]
    second = [settings_of(controls, name, is_unified=True) for name in names]

    assert [
        {"cpu.shares": "1024", "cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000"},
        {"memory.soft_limit_in_bytes": "32", "memory.limit_in_bytes": "64"},
        {"pids.max": "10"},
        {},
    ] == first
    assert [
        {"cpu.weight": "39", "cpu.max": "50000 100000"},
        {"memory.low": "32", "memory.max": "64"},
        {"pids.max": "10"},
        {},
    ] == second


def test_a_resize_lifts_what_is_limited_no_more_and_never_lowers_the_hard_limit() -> None:
    """The soft limit follows what is asked for, up and down."""
    less, none = Controls(cpu_shares=512, memory_limit=32), Controls(cpu_shares=512, memory_soft=48)

    def memory(controls: Controls, now: int | None, *, is_unified: bool) -> dict[str, str]:
        return dict(settings_of_resize(controls, "memory", now, is_unified=is_unified))

    assert {"memory.soft_limit_in_bytes": "32"} == memory(less, 64, is_unified=False)
    assert {"memory.low": "32"} == memory(less, None, is_unified=True)
    assert {"memory.low": "32", "memory.max": "32"} == memory(less, 16, is_unified=True)
    assert {"memory.soft_limit_in_bytes": "48", "memory.limit_in_bytes": "-1"} == memory(none, 64, is_unified=False)
    assert {"cpu.shares": "512", "cpu.cfs_quota_us": "-1"} == settings_of_resize(less, "cpu", None, is_unified=False)
    assert "max 100000" == settings_of_resize(less, "cpu", None, is_unified=True)["cpu.max"]


V1_TEXTS = {
    "cpuacct": {"cpuacct.usage_user": "1500000000\n", "cpuacct.usage_sys": "250000000\n"},
    "cpu": {
        "cpu.stat": "nr_periods 7\nnr_throttled 2\nthrottled_time 3000000000\n",
        "cpu.cfs_quota_us": "50000\n",
        "cpu.cfs_period_us": "100000\n",
    },
    "memory": {
        "memory.stat": "cache 1\ntotal_cache 10\ntotal_rss 20\ntotal_swap 3\n",
        "memory.usage_in_bytes": "40\n",
        "memory.limit_in_bytes": "9223372036854771712\n",
    },
    "pids": {"pids.current": "5\n"},
    "blkio": {"blkio.throttle.io_service_bytes": "8:0 Read 10\n8:0 Total 10\nTotal 10\n"},
}
V1_FIELDS: dict[str, Any] = {
    "cpus_user_time_secs": 1.5,
    "cpus_system_time_secs": 0.25,
    "cpus_nr_periods": 7,
    "cpus_nr_throttled": 2,
    "cpus_throttled_time_secs": 3.0,
    "cpus_limit": 0.5,
    "mem_cache_bytes": 10,
    "mem_file_bytes": 10,
    "mem_rss_bytes": 20,
    "mem_anon_bytes": 20,
    "mem_swap_bytes": 3,
    "mem_total_bytes": 40,
    "threads": 5,
    "blkio_statistics": BlockStatistics(
        (
            BlockThrottling(
                device=DeviceNumber(8, 0),
                io_service_bytes=(BlockValue(BlockOperation.READ, 10), BlockValue(BlockOperation.TOTAL, 10)),
            ),
            BlockThrottling(io_service_bytes=(BlockValue(BlockOperation.TOTAL, 10),)),
        )
    ),
}
V2_TEXTS = {
    "cpu.stat": "user_usec 1500000\nsystem_usec 250000\nnr_periods 7\nnr_throttled 2\nthrottled_usec 3000000\n",
    "cpu.max": "50000 100000\n",
    "memory.stat": "anon 20\nfile 10\nfile_mapped 1\n",
    "memory.current": "40\n",
    "memory.max": "max\n",
    "pids.current": "5\n",
    "io.stat": "8:0 rbytes=10 wbytes=0 rios=1\n\n",
}


def test_files_of_version_1_become_figures() -> None:
    """In seconds and bytes; a limit without end is none."""
    fields = {name: value for key, texts in V1_TEXTS.items() for name, value in read_v1(key, texts).items()}

    assert V1_FIELDS == fields
    assert {} == read_v1("devices", {"devices.list": "a"})


def test_files_of_version_2_become_the_same_figures() -> None:
    """But for what each calls its own."""
    fields = read_v2(V2_TEXTS)
    same = V1_FIELDS.keys() - {"mem_swap_bytes", "blkio_statistics"}

    assert {name: V1_FIELDS[name] for name in same} == {name: fields[name] for name in same}
    assert (
        BlockThrottling(
            device=DeviceNumber(8, 0),
            io_serviced=(BlockValue(BlockOperation.READ, 1),),
            io_service_bytes=(BlockValue(BlockOperation.READ, 10), BlockValue(BlockOperation.WRITE, 0)),
        )
        == fields["blkio_statistics"].throttling[0]
    )


@pytest.mark.parametrize("text", ["", "garbage", "max 0\n", "cpu.max\n\n", "1 2 3", "oom_kill x"])
def test_odd_files_give_no_figures(text: str) -> None:
    """Nothing that a kernel may say makes a sample fail."""
    assert {} == read_v2(dict.fromkeys(V2_TEXTS, text))
    assert {} == {
        name: value for key in V1_TEXTS for name, value in read_v1(key, dict.fromkeys(V1_TEXTS[key], text)).items()
    }
    assert 0 == count_oom_kills(text)


@pytest.fixture
def unified(tmp_path: Path) -> Hierarchy:
    """A tree as version 2 has it, with cpu and memory to give out and pids not."""
    for folder in (tmp_path, tmp_path / "mesos"):
        folder.mkdir(exist_ok=True)
        (folder / "cgroup.controllers").write_text("cpu memory\n")
        (folder / "cgroup.subtree_control").write_text("cpu memory\n")
    return Hierarchy(mount_point=tmp_path)


def test_a_group_of_version_2_is_made_with_its_limits(unified: Hierarchy, tmp_path: Path) -> None:
    """It is one folder with all controllers; one that this machine does not give is done without."""
    tree = CgroupTree(CgroupOptions(controllers=frozenset({"cpu", "memory", "pids"})), (unified,))
    group = tree.make(CONTAINER, Controls(cpu_shares=2, memory_limit=64, pids_limit=9))

    assert {"cpu", "memory"} == tree.controllers
    assert {UNIFIED: tmp_path / "mesos" / "c1"} == group.folders
    assert {"cpu.weight": "1", "memory.max": "64"} == {
        path.name: path.read_text() for path in (tmp_path / "mesos" / "c1").iterdir()
    }


async def test_a_group_of_version_2_is_killed_at_one_stroke(tmp_path: Path) -> None:
    """By the kernel, which misses nobody."""
    for name, text in (("cgroup.kill", ""), ("cgroup.procs", ""), ("memory.events", "oom 3\noom_kill 2\n")):
        (tmp_path / name).write_text(text)
    group = Group({UNIFIED: tmp_path})
    await group.kill()

    assert "1" == read_text(tmp_path / "cgroup.kill")
    assert 2 == group.count_oom_kills()


def test_what_is_not_writable_is_done_without(tmp_path: Path) -> None:
    """A machine that gives no groups runs commands all the same."""
    (tmp_path / "mesos").write_text("in the way")
    hierarchies = (Hierarchy(mount_point=tmp_path), Hierarchy(mount_point=tmp_path, controllers=frozenset({"cpu"})))
    tree = CgroupTree(CgroupOptions(controllers=frozenset({"cpu"})), hierarchies)

    assert frozenset() == tree.controllers
    assert {} == tree.make(CONTAINER, Controls()).folders


def test_what_nobody_asked_to_be_limited_is_left_alone(tmp_path: Path) -> None:
    """Only the hierarchy that serves to kill is used; a controller mounted with it keeps it from that."""
    places = {"freezer": {"freezer"}, "cpu": {"cpu", "cpuacct"}, "memory": {"memory"}}
    for name in places:
        (tmp_path / name).mkdir()
    hierarchies = tuple(
        Hierarchy(mount_point=tmp_path / name, controllers=frozenset(controllers))
        for name, controllers in places.items()
    )
    contained = CgroupTree(CgroupOptions(), hierarchies).make(CONTAINER, Controls())
    limited = CgroupTree(CgroupOptions(root="b", controllers=frozenset({"cpu"})), hierarchies)

    assert {"freezer"} == contained.folders.keys()
    assert {"freezer", "cpu", "cpuacct"} == limited.make(CONTAINER, Controls()).folders.keys()
    assert not (tmp_path / "memory" / "b").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b"])
def test_a_name_that_leads_elsewhere_names_no_group(unified: Hierarchy, name: str) -> None:
    """Nothing outside the agent's own folder is ever made or removed."""
    with pytest.raises(OSError, match="cannot name a group"):
        CgroupTree(CgroupOptions(), (unified,)).make(ContainerId(name), Controls())
