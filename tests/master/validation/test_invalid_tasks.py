"""Tasks that are refused, each in the words that Mesos has for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, make_task
from koinon_core.containers import (
    CommandInfo,
    ContainerInfo,
    ContainerType,
    DurationInfo,
    Volume,
    VolumeMode,
)
from koinon_core.ids import AgentId, ExecutorId, TaskId
from koinon_core.linux import LinuxInfo
from koinon_core.resources import (
    NOTHING,
    Disk,
    Kind,
    Persistence,
    Reservation,
    ReservationType,
    Resource,
    Resources,
)
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import UNLIMITED, Scalar
from koinon_core.tasks import ExecutorInfo, KillPolicy, TaskInfo, TaskState, TaskStatusReason
from koinon_master.config import MasterConfig

COMMAND = CommandInfo(value="true")
CUSTOM = ExecutorInfo(executor_id=ExecutorId("e"), command=COMMAND, resources=parse_resources("cpus:1"))

NEITHER_OR_BOTH = "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present"
WRONG_DISK = "Task uses invalid resources: Invalid DiskInfo:"
REVOCABLE = Resources((Resource(Kind(name="cpus", revocable=True), Scalar.of(1)),))
VOLUME = Volume(mode=VolumeMode.RW, container_path="p")


def disk(what: Disk, role: str | None = None) -> Resources:
    """A megabyte of such a disk."""
    reservations = () if role is None else (Reservation(role=role, type=ReservationType.STATIC),)
    return Resources((Resource(Kind(name="disk", disk=what, reservations=reservations), Scalar.of(1)),))


WRONG: dict[str, Callable[[TaskInfo], TaskInfo]] = {
    "ID must not be empty": lambda task: evolve(task, task_id=TaskId("")),
    "'a/b' contains invalid characters": lambda task: evolve(task, task_id=TaskId("a/b")),
    "'..' is disallowed": lambda task: evolve(task, task_id=TaskId("..")),
    "ID must not be greater than 255 characters": lambda task: evolve(task, task_id=TaskId("x" * 256)),
    "Task uses invalid agent other while agent m-S0 is expected": lambda task: evolve(task, agent_id=AgentId("other")),
    NEITHER_OR_BOTH: lambda task: evolve(task, command=None),
    NEITHER_OR_BOTH + " ": lambda task: evolve(task, executor=CUSTOM),
    "Task's 'kill_policy.grace_period' must be non-negative": lambda task: evolve(
        task, kill_policy=KillPolicy(DurationInfo(-1))
    ),
    "Task's `max_completion_time` must be non-negative": lambda task: evolve(
        task, max_completion_time=DurationInfo(-1)
    ),
    "Task uses no resources": lambda task: evolve(task, resources=NOTHING),
    "Total resources cpus(allocated: *):99 required by task and its executor is more than available "
    "cpus(allocated: *):4; "
    "mem(allocated: *):4096": (lambda task: evolve(task, resources=parse_resources("cpus:99"))),
    "cpus(allocated: dev):1 is allocated to role dev, the offer to *": lambda task: evolve(
        task, resources=parse_resources("cpus:1").allocated_to("dev")
    ),
    "Invalid task resources: The resources have multiple allocation roles ('b' and 'a') but only one allocation role is"
    " allowed": lambda task: evolve(
        task, resources=parse_resources("cpus:1").allocated_to("a") + parse_resources("mem:1").allocated_to("b")
    ),
    "Task mixes revocable and non-revocable resources: Cannot use both revocable and non-revocable 'cpus' at the same"
    " time": lambda task: evolve(task, resources=parse_resources("cpus:1") + REVOCABLE),
    "Task uses invalid resources: Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer": (
        lambda task: evolve(task, resources=parse_resources("gpus:0.5"))
    ),
    "Resource 'cpus:[1-2]' is invalid: Invalid scalar resource": lambda task: evolve(
        task, resources=parse_resources("cpus:[1-2]")
    ),
    "Resource 'cpus<SHARED>:1' is invalid: Resource cpus cannot be shared": lambda task: evolve(
        task, resources=Resources((Resource(Kind(name="cpus", shared=True), Scalar.of(1)),))
    ),
    "Task uses invalid resources: Invalid DiskInfo: Non-persistent volume not supported": lambda task: evolve(
        task, resources=disk(Disk(volume=VOLUME))
    ),
    f"{WRONG_DISK} Persistent volumes cannot be created from unreserved resources": lambda task: evolve(
        task, resources=disk(Disk(persistence=Persistence(id="v"), volume=VOLUME))
    ),
    f"{WRONG_DISK} Expecting 'volume' to be set for persistent volume": lambda task: evolve(
        task, resources=disk(Disk(persistence=Persistence(id="v")), "dev")
    ),
    f"{WRONG_DISK} Expecting 'host_path' to be unset for persistent volume": lambda task: evolve(
        task, resources=disk(Disk(persistence=Persistence(id="v"), volume=evolve(VOLUME, host_path="/x")), "dev")
    ),
    f"{WRONG_DISK} Invalid persistence ID for persistent volume: 'a/b' contains invalid characters": (
        lambda task: evolve(task, resources=disk(Disk(persistence=Persistence(id="a/b"), volume=VOLUME), "dev"))
    ),
    "Task uses duplicate persistence ID: Persistence ID 'v' is not unique": lambda task: evolve(
        task,
        resources=disk(Disk(persistence=Persistence(id="v"), volume=VOLUME), "dev")
        + disk(Disk(persistence=Persistence(id="v"), volume=evolve(VOLUME, container_path="q")), "dev"),
    ),
    "Only cpus and mem may be included in a task's resource limits": lambda task: evolve(
        task, limits={"disk": Scalar.of(1)}
    ),
    "The cpu limit must be greater than or equal to the cpu request": lambda task: evolve(
        task, limits={"cpus": Scalar.of(0.5)}
    ),
    "The memory limit must be greater than or equal to the memory request": lambda task: evolve(
        task, limits={"cpus": UNLIMITED, "mem": Scalar.of(5)}
    ),
    "When a memory limit is specified, a memory request must also be specified": lambda task: evolve(
        task, resources=parse_resources("cpus:1"), limits={"mem": UNLIMITED}
    ),
    "When a CPU limit is specified, a CPU request must also be specified": lambda task: evolve(
        task, resources=parse_resources("mem:1"), limits={"cpus": Scalar.of(1)}
    ),
    "Only tasks in a task group may have 'share_cgroups' set to 'false'": lambda task: evolve(
        task, container=ContainerInfo(type=ContainerType.MESOS, linux_info=LinuxInfo(share_cgroups=False))
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_invalid_task_is_an_error_with_its_reason(text: str) -> None:
    """TASK_ERROR by the master, reason TASK_INVALID, with a text that names what is wrong; nothing runs."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()

    bench.accept(framework_id, [bench.offers(framework_id)[0].id], WRONG[text](make_task("t", agent_id)))

    (status,) = bench.updates(framework_id)
    assert (TaskState.TASK_ERROR, TaskStatusReason.REASON_TASK_INVALID) == (status.state, status.reason)
    assert text.rstrip() == status.message
    assert {} == bench.master.state.agents[agent_id].tasks


def test_task_id_in_use_is_refused_and_the_first_task_lives_on() -> None:
    """Two tasks of one framework can't share an id, even in one call."""
    bench = MasterBench()
    bench.add_agent()
    framework_id = bench.add_framework()

    bench.launch(framework_id, "t", "t")

    assert [TaskState.TASK_ERROR] == [status.state for status in bench.updates(framework_id)]
    assert ["t"] == list(bench.master.state.frameworks[framework_id].tasks)


def test_tasks_of_one_executor_pay_for_it_once() -> None:
    """The executor's resources are taken with its first task and stay taken after its last."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    first, second = (evolve(make_task(name, agent_id, "cpus:1"), command=None, executor=CUSTOM) for name in ("a", "b"))

    bench.accept(framework_id, [bench.offers(framework_id)[0].id], first, second)
    taken = bench.master.state.allocator.free(agent_id)
    bench.update(framework_id, first, TaskState.TASK_FINISHED)
    bench.update(framework_id, second, TaskState.TASK_FINISHED)

    assert parse_resources("cpus:1;mem:4096") == taken
    assert parse_resources("cpus:3;mem:4096") == bench.master.state.allocator.free(agent_id)


def test_other_executor_under_the_same_id_is_refused() -> None:
    """One id on an agent means one and the same ExecutorInfo."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    first = evolve(make_task("a", agent_id, "cpus:1"), command=None, executor=CUSTOM)
    second = evolve(first, task_id=TaskId("b"), executor=evolve(CUSTOM, command=CommandInfo(value="false")))

    bench.accept(framework_id, [bench.offers(framework_id)[0].id], first, second)

    assert ["b"] == [status.task_id for status in bench.updates(framework_id)]


def test_limits_need_an_agent_that_keeps_them() -> None:
    """An agent without TASK_RESOURCE_LIMITS would run the task without any."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    bench.master.state.agents[agent_id].capabilities = ()

    bench.accept(
        framework_id, [bench.offers(framework_id)[0].id], evolve(make_task("t", agent_id), limits={"cpus": UNLIMITED})
    )

    (status,) = bench.updates(framework_id)
    assert f"Agent {agent_id} lacks the TASK_RESOURCE_LIMITS capability that the task's limits need" == status.message


@pytest.mark.parametrize("user", ["root", None])
def test_no_root_submissions_holds_for_tasks(user: str | None) -> None:
    """A framework of nobody's can't have root run its tasks; without a user of its own a task is its framework's."""
    bench = MasterBench(MasterConfig(registry="in_memory", root_submissions=False))
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    task = evolve(make_task("t", agent_id), command=CommandInfo(value="true", user=user))

    bench.accept(framework_id, [bench.offers(framework_id)[0].id], task)

    refusal = "User 'root' is not allowed to run tasks without --root_submissions set"
    assert ([refusal] if user == "root" else []) == [status.message for status in bench.updates(framework_id)]
