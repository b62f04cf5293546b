"""What containers use, as ``/containers`` and ``/monitor/statistics`` show it."""

from __future__ import annotations

import pytest

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_task
from koinon_agent.executors.names import name_command_executor
from koinon_agent.views.usage import (
    add_samples,
    filter_containers,
    list_containers,
    show_container,
    show_statistics,
    with_limits,
)
from koinon_core.containers import CommandInfo
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import UNLIMITED, Scalar
from koinon_core.statistics import ResourceStatistics

SAMPLE = ResourceStatistics(timestamp=5.0, cpus_user_time_secs=0.5, mem_rss_bytes=7, processes=2)


@pytest.fixture
def bench() -> AgentBench:
    """An agent with two tasks, of which the first has started."""
    bench = AgentBench().registered()
    bench.started(bench.run(make_task("t1", command=CommandInfo(value="sleep 30"))))
    bench.run(make_task("t2"))
    return bench


def test_each_task_has_a_container_in_its_own_name(bench: AgentBench) -> None:
    """With the keys and words that Mesos has for it."""
    first, second = list_containers(bench.agent)
    view = show_container(first, SAMPLE)

    assert {
        "container_id": first.container_id,
        "executor_id": "t1",
        "executor_name": "Command Executor (Task: t1) (Command: sh -c 'sleep 30')",
        "framework_id": FRAMEWORK_ID,
        "source": "t1",
        "statistics": {"timestamp": 5.0, "cpus_user_time_secs": 0.5, "mem_rss_bytes": 7, "processes": 2},
        "status": {"container_id": {"value": first.container_id}, "executor_pid": 77},
    } == view
    assert {"container_id", "status"} == view.keys() - show_statistics(first, SAMPLE).keys()
    assert "statistics" not in show_container(second, None)


def test_ended_tasks_have_no_container(bench: AgentBench) -> None:
    """Not even while their end is unacknowledged."""
    first, second = list_containers(bench.agent)
    bench.ended(first.container_id)

    assert [second.container_id] == [one.container_id for one in list_containers(bench.agent)]


@pytest.mark.parametrize(
    ("query", "tasks"),
    [
        ({}, ["t1", "t2"]),
        ({"executor_id": "t2"}, ["t2"]),
        ({"framework_id": FRAMEWORK_ID}, ["t1", "t2"]),
        ({"framework_id": FRAMEWORK_ID, "executor_id": "t1"}, ["t1"]),
        ({"framework_id": "other"}, []),
        ({"container_id": ""}, []),
        ({"jsonp": "x"}, ["t1", "t2"]),
    ],
)
def test_containers_are_told_apart_by_their_ids(bench: AgentBench, query: dict[str, str], tasks: list[str]) -> None:
    """Each id that is given must be the container's."""
    assert tasks == [one.executor_id for one in filter_containers(list_containers(bench.agent), query)]


def test_what_was_asked_for_stands_where_the_kernel_has_no_limit() -> None:
    """Requests are soft limits; a limit that is not set is the request, of cpus only where they are capped."""
    bench = AgentBench().registered()
    bench.run(make_task("t1", resources=parse_resources("cpus:0.5;mem:64;disk:10")))
    limits = {"cpus": Scalar.of(2), "mem": UNLIMITED}
    bench.run(make_task("t2", resources=parse_resources("cpus:0.5;mem:64"), limits=limits))
    plain, limited = (with_limits(SAMPLE, one, is_cpu_limited=False) for one in list_containers(bench.agent))
    capped = with_limits(SAMPLE, list_containers(bench.agent)[0], is_cpu_limited=True)

    assert (0.5, None, 64 << 20, 64 << 20, 10 << 20) == (
        plain.cpus_soft_limit,
        plain.cpus_limit,
        plain.mem_soft_limit_bytes,
        plain.mem_limit_bytes,
        plain.disk_limit_bytes,
    )
    assert (2.0, None, 64 << 20) == (limited.cpus_limit, limited.mem_limit_bytes, limited.mem_soft_limit_bytes)
    assert 0.5 == capped.cpus_limit


def test_containers_of_one_executor_are_added_up() -> None:
    """What only one of them tells is its share; a limit is the sum, the time the latest."""
    other = ResourceStatistics(timestamp=6.0, cpus_user_time_secs=1.0, threads=3)

    assert ResourceStatistics(
        timestamp=6.0, cpus_user_time_secs=1.5, mem_rss_bytes=7, processes=2, threads=3
    ) == add_samples([SAMPLE, other])
    assert add_samples([]) is None


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (CommandInfo(value="sleep 20; echo aa"), "sh -c 'sleep 20; ec...'"),
        (CommandInfo(value="fifteen letters"), "sh -c 'fifteen letters'"),
        (CommandInfo(value="sleep", shell=False, arguments=("sleep", "30", "a")), "[sleep, sleep...]"),
        (CommandInfo(value="ls", shell=False), "[ls]"),
        (CommandInfo(shell=False), "NO EXECUTABLE"),
        (None, "NO COMMAND"),
    ],
)
def test_executors_of_commands_have_mesos_names(command: CommandInfo | None, shown: str) -> None:
    """Cut after twelve letters where it is longer than fifteen."""
    task = make_task("t1", command=command)

    assert f"Command Executor (Task: t1) (Command: {shown})" == name_command_executor(task)
