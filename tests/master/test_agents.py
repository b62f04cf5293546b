"""Agents register, come back with their tasks, go missing and leave."""

from __future__ import annotations

from attrs import evolve

from fakes.master_bench import MasterBench, make_framework, make_task
from koinon_core.agent_link import (
    LINK_VERSION,
    AgentTask,
    ReconcileTasks,
    Refused,
    Register,
    Registered,
    ShutdownFramework,
    Unregister,
)
from koinon_core.agents import AgentInfo
from koinon_core.ids import AgentId, FrameworkId, TaskId
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Failure, Reconcile, ReconcileTask, Rescind
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason
from koinon_master.events import LinkClosed, LinkId, OperationStored, RegisterReceived, RegistryRecovered
from koinon_master.registry.records import AdmitAgent, AgentRecord, MarkAgentUnreachable, Registry, RemoveAgent

INFO = AgentInfo(hostname="h", resources=parse_resources("cpus:4;mem:4096"))


def _recovered(bench: MasterBench, name: str = "old-S0") -> AgentInfo:
    """An agent that an earlier leader had admitted."""
    info = evolve(INFO, id=AgentId(name))
    bench.push(RegistryRecovered(Registry({AgentId(name): AgentRecord(info=info)})))
    return info


def test_agent_is_admitted_once_the_registry_has_it() -> None:
    """Nothing is told and nothing offered of an agent before its admission is durable."""
    bench = MasterBench()
    bench.stores_at_once = False
    framework_id = bench.add_framework()

    link_id = bench.register(INFO)
    bench.allocate()
    before = (bench.orders[link_id][:], bench.offers(framework_id))
    operations = bench.operations[:]
    bench.store()
    bench.allocate()

    assert ([], []) == before
    assert [AdmitAgent(evolve(INFO, id=AgentId("m-S0")))] == operations
    assert [Registered(agent_id=AgentId("m-S0"), hears_usage=True)] == bench.orders[link_id]
    assert 1 == len(bench.offers(framework_id))


def test_id_that_nobody_was_told_is_given_up() -> None:
    """An agent whose link breaks before its admission is durable is removed from the registry again."""
    bench = MasterBench()
    bench.stores_at_once = False

    link_id = bench.register(INFO)
    bench.push(LinkClosed(link_id))
    stored = bench.operations.pop()
    bench.push(OperationStored(stored))

    assert [RemoveAgent(AgentId("m-S0"))] == bench.operations
    assert {} == bench.master.state.agents


def test_other_version_of_the_link_is_refused() -> None:
    """The agent is told why, may try again, and its link is closed."""
    bench = MasterBench()
    link_id = LinkId(1)

    bench.push(
        RegisterReceived(
            link_id=link_id, register=Register(version=99, agent_info=INFO, ip="127.0.0.1", agent_version="x")
        )
    )

    (told,) = bench.orders[link_id]
    assert isinstance(told, Refused)
    assert not told.is_final
    assert link_id in bench.closed


def test_known_id_from_another_host_is_refused_for_good() -> None:
    """Two agents with one id can't be: the second is told to end."""
    bench = MasterBench()
    agent_id = bench.add_agent()

    told = bench.return_agent(evolve(bench.agent_info(agent_id), hostname="elsewhere"))

    assert [(Refused, True)] == [(type(one), one.is_final) for one in told if isinstance(one, Refused)]


def test_copy_of_a_connected_agent_has_to_wait() -> None:
    """Another port on the same host means a copied work directory, or a link not yet known to be dead."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    first = bench.link_of(agent_id)
    copy = evolve(bench.agent_info(agent_id), port=6051)

    told = bench.return_agent(copy)
    after = bench.link_of(agent_id)
    bench.break_link(agent_id)
    bench.return_agent(copy)

    assert [(Refused, False)] == [(type(one), one.is_final) for one in told if isinstance(one, Refused)]
    assert first == after
    assert 6051 == bench.agent_info(agent_id).port


def test_new_agent_at_a_known_address_replaces_the_old_one() -> None:
    """An agent that lost its memory ends the membership, and the tasks, of what it was before."""
    bench = MasterBench()
    old_id = bench.add_agent()
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t")

    link_id = bench.register(evolve(bench.agent_info(old_id), id=None))

    (told,) = bench.orders[link_id]
    assert isinstance(told, Registered)
    assert [told.agent_id] == list(bench.master.state.agents)
    assert [TaskState.TASK_LOST] == [status.state for status in bench.updates(framework_id)]


def test_broken_link_alone_loses_no_task() -> None:
    """A task is still there, and its resources still taken, while its agent may come back."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t")
    info = bench.agent_info(agent_id)

    bench.break_link(agent_id)
    bench.pass_time(74)
    bench.return_agent(info, AgentTask(framework_id=framework_id, task=task))

    assert [] == bench.updates(framework_id)
    assert parse_resources("cpus:3;mem:3968") == bench.master.state.allocator.free(agent_id)


def test_agent_missing_for_75_seconds_is_unreachable() -> None:
    """The registry is told first; then tasks are UNREACHABLE and every framework hears FAILURE."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    aware = bench.add_framework(make_framework(capabilities="PARTITION_AWARE"))
    other = bench.add_framework()
    bench.launch(aware, "t")
    bench.stores_at_once = False

    bench.break_link(agent_id)
    bench.pass_time(75)
    (operation,) = bench.operations
    silent = bench.updates(aware)
    bench.store()

    assert isinstance(operation, MarkAgentUnreachable)
    assert [] == silent
    (status,) = bench.updates(aware)
    assert (TaskState.TASK_UNREACHABLE, TaskStatusReason.REASON_AGENT_REMOVED) == (status.state, status.reason)
    assert status.unreachable_time is not None
    for framework_id in (aware, other):
        assert [Failure(agent_id=agent_id)] == bench.heard(bench.stream_of(framework_id), Failure)


def test_plain_framework_hears_lost() -> None:
    """Without PARTITION_AWARE the same is TASK_LOST, and so is the answer to reconciliation."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t")

    bench.break_link(agent_id)
    bench.pass_time(75)
    bench.call(framework_id, Reconcile((ReconcileTask(task_id=TaskId("t")),)))

    assert [TaskState.TASK_LOST] * 2 == [status.state for status in bench.updates(framework_id)]


def test_unreachable_agent_brings_its_tasks_back() -> None:
    """Back from unreachable, a task has its state of before, reason AGENT_REREGISTERED, and its resources."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t")
    info = bench.agent_info(agent_id)
    running = TaskStatus(task_id=task.task_id, state=TaskState.TASK_RUNNING)

    bench.break_link(agent_id)
    bench.pass_time(75)
    bench.return_agent(info, AgentTask(framework_id=framework_id, task=task, latest_status=running))

    latest = bench.updates(framework_id)[-1]
    assert (TaskState.TASK_RUNNING, TaskStatusReason.REASON_AGENT_REREGISTERED) == (latest.state, latest.reason)
    assert ["cpus:3; mem:3968"] == [str(offer.resources) for offer in bench.offers(framework_id)]
    assert {} == bench.master.state.frameworks[framework_id].unreachable_tasks


def test_agent_that_returns_while_it_is_given_up_is_let_in_again() -> None:
    """The registry learns of the loss, then of the return; the agent ends up a member."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    info = bench.agent_info(agent_id)
    bench.stores_at_once = False

    bench.break_link(agent_id)
    bench.pass_time(75)
    bench.register(info)
    kinds = [type(operation) for operation in bench.operations]
    bench.store()

    assert [MarkAgentUnreachable, AdmitAgent] == kinds
    assert bench.master.state.agents[agent_id].is_connected
    assert {} == bench.master.state.unreachable


def test_tasks_that_the_agent_lacks_are_asked_for() -> None:
    """The agent is named the tasks that the master counts on it and it did not report."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    bench.launch(framework_id, "b", "a")
    info = bench.agent_info(agent_id)

    bench.break_link(agent_id)
    told = bench.return_agent(info)

    assert ReconcileTasks(framework_id=framework_id, task_ids=(TaskId("a"), TaskId("b"))) in told


def test_new_leader_takes_over_frameworks_and_tasks_from_agents() -> None:
    """After a failover of the master an agent brings its tasks and the frameworks they belong to."""
    bench = MasterBench()
    info = _recovered(bench)
    framework = make_framework("f", "eng", id="old-0001", failover_timeout=60)
    framework_id = FrameworkId("old-0001")
    task = make_task("t", AgentId("old-S0"))
    task = evolve(task, resources=task.resources.allocated_to("eng"))

    bench.return_agent(info, AgentTask(framework_id=framework_id, task=task), frameworks=(framework,))
    before = bench.master.state.frameworks[framework_id].is_connected
    bench.subscribe(framework)
    bench.call(framework_id, Reconcile())

    assert not before
    assert [("t", TaskState.TASK_STAGING)] == [(one.task_id, one.state) for one in bench.updates(framework_id)]
    assert "cpus:3; mem:3968" == str(bench.offers(framework_id)[0].resources.allocated_to(None))


def test_nobody_is_told_of_tasks_while_agents_are_expected_back() -> None:
    """An explicit question that an absent agent might answer gets no answer yet."""
    bench = MasterBench()
    _recovered(bench)
    framework_id = bench.add_framework()
    asked = (ReconcileTask(task_id=TaskId("x")), ReconcileTask(task_id=TaskId("y"), agent_id=AgentId("old-S0")))

    bench.call(framework_id, Reconcile(asked))

    assert [] == bench.updates(framework_id)


def test_agents_that_do_not_come_back_to_a_new_leader_are_lost() -> None:
    """After the re-registration timeout an absent agent is unreachable and frameworks hear FAILURE."""
    bench = MasterBench()
    _recovered(bench)
    framework_id = bench.add_framework()

    bench.pass_time(600)

    assert [Failure(agent_id=AgentId("old-S0"))] == bench.heard(bench.stream_of(framework_id), Failure)
    assert ["old-S0"] == list(bench.master.state.unreachable)


def test_returning_agent_ends_what_is_left_of_completed_frameworks() -> None:
    """A framework that ended while the agent was away is shut down on it."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t")
    info = bench.agent_info(agent_id)
    bench.break_link(agent_id)

    bench.leave(framework_id)
    told = bench.return_agent(info, AgentTask(framework_id=framework_id, task=task))

    assert ShutdownFramework(framework_id) in told
    assert {} == bench.master.state.agents[agent_id].tasks


def test_agent_that_unregisters_is_gone_at_once() -> None:
    """Its tasks are lost, its offers void, its record deleted."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t")

    bench.say(agent_id, Unregister("shut down"))

    assert {} == bench.master.state.agents
    assert [TaskState.TASK_LOST] == [status.state for status in bench.updates(framework_id)]


def test_offers_over_an_older_link_are_void() -> None:
    """An agent that registers anew before its old link broke may have less than was offered of it."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:400")
    framework_id = bench.add_framework()
    (offer,) = bench.offers(framework_id)
    info = bench.agent_info(agent_id)

    bench.return_agent(evolve(info, resources=parse_resources("cpus:2;mem:200")))

    assert [Rescind(offer.id)] == bench.heard(bench.stream_of(framework_id), Rescind)
    assert ["cpus:2; mem:200"] == [str(one.resources) for one in bench.offers(framework_id)]


def test_agent_may_return_with_less_than_its_tasks_hold() -> None:
    """Nothing of it is offered until they end, and then only what it has."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:400")
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t", resources="cpus:3;mem:400")
    info = evolve(bench.agent_info(agent_id), resources=parse_resources("cpus:2;mem:200"))

    bench.return_agent(info, AgentTask(framework_id=framework_id, task=task))
    meanwhile = bench.offers(framework_id)
    bench.update(framework_id, task, TaskState.TASK_FINISHED)
    bench.allocate()

    assert [] == meanwhile
    assert ["cpus:2; mem:200"] == [str(one.resources) for one in bench.offers(framework_id)]


def test_former_address_of_an_agent_is_free_for_another() -> None:
    """An agent that came back on another port does not make way for a new one on its former port."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    info = bench.agent_info(agent_id)
    bench.break_link(agent_id)

    bench.return_agent(evolve(info, port=info.port + 1000))
    bench.register(evolve(info, id=None, hostname="new"))

    assert bench.master.state.agents[agent_id].is_connected
    assert 2 == len(bench.master.state.agents)


def test_agent_with_more_resources_is_offered_more() -> None:
    """What an agent describes when it returns rules from then on."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:1;mem:100")
    info = evolve(bench.agent_info(agent_id), resources=parse_resources("cpus:2;mem:100"))
    framework_id = bench.add_framework()
    bench.break_link(agent_id)

    bench.return_agent(info)

    assert "cpus:2; mem:100" == str(bench.offers(framework_id)[0].resources)


def test_register_that_comes_late_over_an_older_link_is_the_past() -> None:
    """Words of a link that the agent has left for a newer one may arrive after it: the newer ones stand."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    older, newer = LinkId(bench.next_serial()), LinkId(bench.next_serial())
    told = Register(version=LINK_VERSION, agent_info=bench.agent_info(agent_id), ip="127.0.0.1", agent_version="1.11.0")

    bench.push(RegisterReceived(link_id=newer, register=told))
    bench.push(RegisterReceived(link_id=older, register=told))

    assert newer == bench.link_of(agent_id)
    assert older in bench.closed
    assert newer not in bench.closed
