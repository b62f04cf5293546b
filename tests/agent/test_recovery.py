"""What an agent makes of its past."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from fakes.agent_bench import (
    AGENT_ID,
    FRAMEWORK_ID,
    AgentBench,
    make_framework,
    make_settings,
    make_task,
    messages,
    only,
    states,
)
from fakes.volumes import reserved
from koinon_agent.checkpoint.image import AgentImage
from koinon_agent.checkpoint.reconfiguration import ReconfigurationPolicy, find_reconfiguration_problem
from koinon_agent.containerizer import ContainerRun, Ended, Orphan, Recovered
from koinon_agent.instructions import KillContainer, LaunchContainer, RemoveContainer, WatchContainer
from koinon_agent.settings import AgentSettings
from koinon_core.agent_link import KillTask, Register
from koinon_core.agents import DomainInfo, FaultDomain, RegionInfo, ZoneInfo
from koinon_core.attributes import parse_attributes
from koinon_core.containers import DurationInfo
from koinon_core.conversions import apply_converted
from koinon_core.frameworks import FrameworkCapabilityType as Capability
from koinon_core.ids import ContainerId, TaskId
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import TaskState, TaskStatusReason

S = TaskState


def live(container: ContainerId, started_at: float = 0.0) -> Recovered:
    """It runs on."""
    return Recovered(live=(ContainerRun(container_id=container, started_at=started_at),))


def gone(container: ContainerId) -> Recovered:
    """Nothing is known of it."""
    return Recovered(gone=(container,))


def reconfigured(resources: str = "cpus:4;mem:4096;ports:[31000-32000]", hostname: str = "host-1") -> AgentSettings:
    """Other flags."""
    settings = make_settings()
    info = evolve(settings.info, resources=parse_resources(resources), hostname=hostname)
    return evolve(settings, info=info)


def test_running_task_is_taken_up_again() -> None:
    """It is watched, nothing is started or reported anew, and the master hears of it under the old id."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.started(container)
    bench.acknowledge_all()
    heir = bench.crash()

    assert [container] == [known.container_id for known in heir.agent.known_containers()]

    wanted = heir.start(live(container))
    heir.register()
    introduction = messages(heir.done, Register)[0]

    assert container == only(wanted, WatchContainer).container_id
    assert [] == [item for item in heir.done if isinstance(item, LaunchContainer | KillContainer)]
    assert [] == states(heir.done)
    assert (AGENT_ID, ["t1"]) == (introduction.agent_info.id, [one.task.task_id for one in introduction.tasks])


def test_waiting_updates_survive_and_leave_again() -> None:
    """What was not acknowledged before the crash is sent after it, in order."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.started(container)
    heir = bench.crash()
    heir.start(live(container))
    heir.register()

    assert [S.TASK_STARTING, S.TASK_RUNNING] == [status.state for status in heir.acknowledge_all()]


def test_start_that_the_agent_missed_is_reported() -> None:
    """A container that started while nobody looked makes its task RUNNING."""
    bench = AgentBench().registered()
    container = bench.run()
    heir = bench.crash()
    heir.start(live(container))
    heir.register()

    assert [S.TASK_STARTING, S.TASK_RUNNING] == [status.state for status in heir.acknowledge_all()]


def test_end_that_the_agent_missed_is_reported() -> None:
    """With its exit code."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.started(container)
    heir = bench.crash()
    heir.start(Recovered(ended=(Ended(container_id=container, message="exited with 3", exit_code=3),)))
    heir.register()
    last = heir.acknowledge_all()[-1]

    assert (S.TASK_FAILED, "exited with 3") == (last.state, last.message)


@pytest.mark.parametrize(
    ("was_started", "capabilities", "state", "reason"),
    [
        (False, (), S.TASK_LOST, TaskStatusReason.REASON_AGENT_RESTARTED),
        (False, (Capability.PARTITION_AWARE,), S.TASK_DROPPED, TaskStatusReason.REASON_AGENT_RESTARTED),
        (True, (), S.TASK_FAILED, TaskStatusReason.REASON_EXECUTOR_TERMINATED),
    ],
)
def test_container_that_is_gone(
    was_started: bool, capabilities: tuple[Capability, ...], state: TaskState, reason: TaskStatusReason
) -> None:
    """Never started: the task was dropped. Started: it failed."""
    bench = AgentBench().registered()
    container = bench.run(framework=make_framework(*capabilities))
    if was_started:
        bench.started(container)
    heir = bench.crash()
    heir.start(gone(container))
    heir.register()
    last = heir.acknowledge_all()[-1]

    assert (state, reason) == (last.state, last.reason)


def test_kill_goes_on_where_it_was() -> None:
    """The grace that is left is given, and the end is still a KILLED."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.started(container)
    bench.hear(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("t1")))
    bench.wait(1.0)
    heir = bench.crash()

    assert 2.0 == only(heir.start(live(container)), KillContainer).grace

    heir.ended(container, 143)
    heir.register()

    assert S.TASK_KILLED is heir.acknowledge_all()[-1].state


@pytest.mark.parametrize(("kills", "is_running", "removed"), [(True, True, 1), (False, True, 0), (False, False, 1)])
def test_orphans(kills: bool, is_running: bool, removed: int) -> None:
    """Containers nobody remembers are removed; running ones only where --docker_kill_orphans says so."""
    bench = AgentBench(make_settings(kills_orphans=kills))
    wanted = bench.start(orphans=[Orphan(container_id=ContainerId("x"), is_running=is_running)])

    assert removed == len([item for item in wanted if isinstance(item, RemoveContainer)])


def test_run_time_limit_counts_from_the_start() -> None:
    """A restart gives a task no more time."""
    bench = AgentBench().registered()
    container, begun = bench.run(make_task(max_completion_time=DurationInfo.of_seconds(60))), bench.now.wall
    bench.started(container)
    bench.wait(50)
    heir = bench.crash()
    heir.start(live(container, started_at=begun))

    assert [] == [item for item in heir.wait(9) if isinstance(item, KillContainer)]
    assert 0.0 == only(heir.wait(2), KillContainer).grace


def test_old_sandboxes_are_still_deleted() -> None:
    """Their time goes on across a restart."""
    bench = AgentBench(make_settings(gc_delay=100.0)).registered()
    container = bench.run()
    bench.started(container)
    bench.ended(container)
    bench.wait(60)
    heir = bench.crash()
    heir.start()

    assert ["DeleteSandbox"] == [type(i).__name__ for i in heir.wait(41) if type(i).__name__ == "DeleteSandbox"]


def test_flags_may_change_while_tasks_fit() -> None:
    """Less, more or other resources are fine as long as the running tasks are within them."""
    bench = AgentBench().registered()
    bench.run(make_task(resources=parse_resources("cpus:1;mem:64;ports:[31000-31000]").allocated_to("web")))

    assert find_reconfiguration_problem(bench.image, reconfigured("cpus:1;mem:64;ports:[31000-31001]")) is None


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (reconfigured("cpus:0.5;mem:4096;ports:[31000-32000]"), "--resources: running tasks hold cpus:1, more than"),
        (reconfigured("cpus:4;mem:4096;ports:[31001-32000]"), "hold ports:[31000-31000], which ports:"),
        (reconfigured(hostname="host-2"), "--hostname: tasks run here under the name host-1"),
    ],
)
def test_flags_that_do_not_hold_what_runs_are_refused_by_name(settings: AgentSettings, problem: str) -> None:
    """The start names what does not fit."""
    bench = AgentBench().registered()
    bench.run(make_task(resources=parse_resources("cpus:1;mem:64;ports:[31000-31000]")))

    assert problem in (find_reconfiguration_problem(bench.image, settings) or "")


def test_renamed_agent_without_tasks_is_a_new_agent() -> None:
    """Another hostname drops the old id, as nothing hangs on it."""
    bench = AgentBench().registered()
    settings = reconfigured(hostname="host-2")
    heir = bench.crash(settings)
    heir.start()
    heir.connect()

    assert find_reconfiguration_problem(bench.image, settings) is None
    assert messages(heir.done, Register)[0].agent_info.id is None


BASE = "cpus:4;mem:4096;ports:[31000-32000]"
DOMAIN = DomainInfo(FaultDomain(region=RegionInfo("r"), zone=ZoneInfo("z")))


@pytest.mark.parametrize(
    ("policy", "changes", "forbidden"),
    [
        ("equal", {}, None),
        ("equal", {"resources": f"{BASE};gpus:1"}, "--resources"),
        ("equal", {"attributes": "rack:r1;zone:[1-4];new:1"}, "--attributes"),
        ("equal", {"domain": DOMAIN}, "--domain"),
        ("additive", {"resources": f"{BASE};gpus:1", "attributes": "rack:r1;zone:[1-9];new:1"}, None),
        ("additive", {"domain": DOMAIN}, None),
        ("additive", {"resources": "cpus:3;mem:4096;ports:[31000-32000]"}, "--resources"),
        ("additive", {"attributes": "rack:r2;zone:[1-3]"}, "--attributes"),
        ("additive", {"attributes": "rack:r1;zone:[1-2]"}, "--attributes"),
        ("additive", {"hostname": "host-2"}, "--hostname"),
        ("fitting", {"resources": "cpus:1", "attributes": "", "hostname": "host-2"}, None),
    ],
)
def test_the_policy_says_which_changes_are_accepted(
    policy: str, changes: dict[str, Any], forbidden: str | None
) -> None:
    """Nothing runs here, so that only the policy counts; a refusal names the flags."""
    before = settings_with(attributes="rack:r1;zone:[1-3]")
    image = AgentImage(info=evolve(before.info, id=AGENT_ID))
    after = settings_with(**{"attributes": "rack:r1;zone:[1-3]", **changes})
    problem = find_reconfiguration_problem(image, after, ReconfigurationPolicy(policy))

    assert (forbidden is None) == (problem is None)
    assert (forbidden or "") in (problem or "")


def settings_with(resources: str = BASE, attributes: str = "", **changes: Any) -> AgentSettings:
    """An agent's, from texts of flags."""
    settings = make_settings()
    info = evolve(
        settings.info, resources=parse_resources(resources), attributes=parse_attributes(attributes), **changes
    )
    return evolve(settings, info=info)


def test_operations_do_not_count_as_a_change() -> None:
    """What frameworks reserved since is no change of the flags: the strictest policy takes the agent back."""
    settings = settings_with()
    made = reserved("cpus:1", "r")
    image = AgentImage(
        info=evolve(settings.info, id=AGENT_ID, resources=apply_converted(settings.info.resources, made)),
        converted=made,
    )

    assert find_reconfiguration_problem(image, settings, ReconfigurationPolicy.EQUAL) is None
