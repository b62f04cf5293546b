"""What is refused, and in which words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, make_framework, make_task
from koinon_core.containers import (
    CommandInfo,
    ContainerInfo,
    ContainerType,
    DockerInfo,
    DurationInfo,
    Parameter,
    Volume,
    VolumeMode,
)
from koinon_core.ids import AgentId, ExecutorId, FrameworkId, TaskId, Uuid
from koinon_core.offers import LaunchGroup, Operation, OperationType, Reserve, TaskGroupInfo
from koinon_core.resources import NOTHING
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import Accept, Acknowledge, Call, Decline, Subscribe
from koinon_core.tasks import (
    CheckType,
    ExecutorInfo,
    HealthCheck,
    HttpCheckInfo,
    KillPolicy,
    TaskInfo,
    TaskState,
    TaskStatusReason,
)
from koinon_master.validation.calls import find_call_problem, find_subscribe_problem

COMMAND = CommandInfo(value="true")
CUSTOM = ExecutorInfo(executor_id=ExecutorId("e"), command=COMMAND, resources=parse_resources("cpus:1"))
DOCKER = ContainerInfo(type=ContainerType.DOCKER, docker=DockerInfo(image="busybox"))

WRONG: dict[str, Callable[[TaskInfo], TaskInfo]] = {
    "Task ID 'a/b' must not contain '/'": lambda task: evolve(task, task_id=TaskId("a/b")),
    "Task ID '' must not be empty": lambda task: evolve(task, task_id=TaskId("")),
    "Task uses invalid agent": lambda task: evolve(task, agent_id=AgentId("other")),
    "Task should have at least one (but not both)": lambda task: evolve(task, command=None),
    "(but not both) of CommandInfo or ExecutorInfo": lambda task: evolve(task, executor=CUSTOM),
    "Task uses no resources": lambda task: evolve(task, resources=NOTHING),
    "more than available": lambda task: evolve(task, resources=parse_resources("cpus:99")),
    "is allocated to role dev": lambda task: evolve(task, resources=task.resources.allocated_to("dev")),
    "limits may be set for cpus and mem": lambda task: evolve(task, limits={"disk": Scalar.of(1)}),
    "the limit of cpus (0.5) is less than": lambda task: evolve(task, limits={"cpus": Scalar.of(0.5)}),
    "kill_policy.grace_period": lambda task: evolve(task, kill_policy=KillPolicy(DurationInfo(-1))),
    "max_completion_time": lambda task: evolve(task, max_completion_time=DurationInfo(-1)),
    "expecting http to be set": lambda task: evolve(task, health_check=HealthCheck(type=CheckType.HTTP)),
    "must start with '/'": lambda task: evolve(
        task, health_check=HealthCheck(type=CheckType.HTTP, http=HttpCheckInfo(port=80, path="x"))
    ),
    "must be non-negative": lambda task: evolve(task, health_check=HealthCheck(command=COMMAND, delay_seconds=-1)),
    "Parameter in DockerInfo must not be 'name'": lambda task: evolve(
        task,
        container=evolve(DOCKER, docker=DockerInfo(image="busybox", parameters=(Parameter(key="name", value="x"),))),
    ),
    "needs exactly one of host_path and source": lambda task: evolve(
        task, container=evolve(DOCKER, volumes=(Volume(mode=VolumeMode.RW, container_path="/x"),))
    ),
    "invalid FrameworkID": lambda task: evolve(
        task, command=None, executor=evolve(CUSTOM, framework_id=FrameworkId("other"))
    ),
    "'ExecutorInfo.command' must be set": lambda task: evolve(
        task, command=None, executor=evolve(CUSTOM, command=None)
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
    assert text in (status.message or "")
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
    """The executor's resources are taken with its first task and come back with its last."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    first, second = (evolve(make_task(name, agent_id, "cpus:1"), command=None, executor=CUSTOM) for name in ("a", "b"))

    bench.accept(framework_id, [bench.offers(framework_id)[0].id], first, second)
    taken = bench.master.state.allocator.free(agent_id)
    bench.update(framework_id, first, TaskState.TASK_FINISHED)
    bench.update(framework_id, second, TaskState.TASK_FINISHED)

    assert parse_resources("cpus:1;mem:4096") == taken
    assert parse_resources("cpus:4;mem:4096") == bench.master.state.allocator.free(agent_id)


def test_other_executor_under_the_same_id_is_refused() -> None:
    """One id on an agent means one and the same ExecutorInfo."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    first = evolve(make_task("a", agent_id, "cpus:1"), command=None, executor=CUSTOM)
    second = evolve(first, task_id=TaskId("b"), executor=evolve(CUSTOM, command=CommandInfo(value="false")))

    bench.accept(framework_id, [bench.offers(framework_id)[0].id], first, second)

    assert ["b"] == [status.task_id for status in bench.updates(framework_id)]


def test_task_group_is_refused_task_by_task() -> None:
    """LAUNCH_GROUP is answered with TASK_ERROR, reason TASK_GROUP_INVALID, for each of its tasks."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    group = LaunchGroup(executor=CUSTOM, task_group=TaskGroupInfo((make_task("a", agent_id),)))

    bench.call(
        framework_id,
        Accept(
            offer_ids=(bench.offers(framework_id)[0].id,),
            operations=(Operation(type=OperationType.LAUNCH_GROUP, launch_group=group),),
        ),
    )

    (status,) = bench.updates(framework_id)
    assert TaskStatusReason.REASON_TASK_GROUP_INVALID is status.reason


def test_calls_are_refused_before_they_are_queued() -> None:
    """The status and the sentence tell an unknown framework, one that is away, and a wrong stream apart."""
    bench = MasterBench()
    here = bench.add_framework()
    away = bench.add_framework(make_framework(failover_timeout=60))
    stream_id = bench.stream_of(here)
    bench.leave(away)

    def refuse(framework_id: FrameworkId | None, stream_id: str | None) -> tuple[int, str] | None:
        problem = find_call_problem(bench.master.state, Call(Decline(), framework_id), stream_id)
        return None if problem is None else (problem.status, problem.text[:30])

    assert refuse(here, stream_id) is None
    assert (400, "Failed to validate scheduler::") == refuse(None, stream_id)
    assert (400, "Framework cannot be found") == refuse(FrameworkId("x"), stream_id)
    assert (403, "Framework is not subscribed") == refuse(away, stream_id)
    assert (400, "All non-subscribe calls should") == refuse(here, None)
    assert (400, "The stream ID 'other' included") == refuse(here, "other")


def test_operation_that_is_not_carried_out_is_refused_by_name() -> None:
    """RESERVE is not dropped in silence: the whole ACCEPT is a 400 that names it."""
    bench = MasterBench()
    framework_id = bench.add_framework()
    reserve = Operation(type=OperationType.RESERVE, reserve=Reserve())

    problem = find_call_problem(
        bench.master.state, Call(Accept(operations=(reserve,)), framework_id), bench.stream_of(framework_id)
    )

    assert problem is not None
    assert "$.accept.operations[0]: the operation RESERVE is not supported by this master" == problem.text


def test_acknowledgement_repeats_a_uuid() -> None:
    """Sixteen bytes; anything else is refused before the framework is looked for."""
    acknowledge = Acknowledge(agent_id=AgentId("a"), task_id=TaskId("t"), uuid=Uuid(b"short"))
    call = Call(acknowledge, FrameworkId("x"))

    problem = find_call_problem(MasterBench().master.state, call, "s")

    assert problem is not None
    assert "Failed to validate scheduler::Call: Not a valid UUID" == problem.text


def test_subscribe_has_no_stream_and_one_framework_id() -> None:
    """The header is wrong in SUBSCRIBE, and so are two different framework ids."""
    info = make_framework(id="a")

    assert find_subscribe_problem(Call(Subscribe(framework_info=info), FrameworkId("a")), None) is None
    assert find_subscribe_problem(Call(Subscribe(framework_info=info), FrameworkId("a")), "s") is not None
    assert find_subscribe_problem(Call(Subscribe(framework_info=info), FrameworkId("b")), None) is not None
    assert find_subscribe_problem(Call(Subscribe(framework_info=info)), None) is not None
    assert find_subscribe_problem(Call(Subscribe(framework_info=evolve(info, id=FrameworkId("")))), None) is None
