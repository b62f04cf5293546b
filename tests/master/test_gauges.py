"""The names of ``/metrics/snapshot`` that monitoring of Mesos reads, and the numbers behind them."""

from __future__ import annotations

import re
from itertools import product

from attrs import evolve
from prometheus_client.parser import text_string_to_metric_families

from fakes.master_bench import MasterBench, make_framework, make_task
from koinon_core.ids import AgentId
from koinon_core.offers import Filters
from koinon_core.quota import QuotaConfig
from koinon_core.resources import Resources
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import Decline
from koinon_core.tasks import TaskState
from koinon_daemon.metrics import Metrics
from koinon_daemon.prometheus import Exposition, find_series
from koinon_master.config import MasterConfig
from koinon_master.gauges import add_cluster_gauges
from koinon_master.gauges.cluster import ClusterGauges
from koinon_master.prometheus_names import RULES
from koinon_master.state import ClusterState


def names(text: str) -> set[str]:
    """The names of a text, one a word; ``a{b,c}d`` stands for abd and acd."""
    found = set()
    for word in text.split():
        parts = re.split(r"\{([^}]*)\}", word)
        choices = [part.split(",") if index % 2 else [part] for index, part in enumerate(parts)]
        found |= {"".join(choice) for choice in product(*choices)}
    return found


ALWAYS = names("""
master/{cpus,gpus,mem,disk}_{total,used,percent} master/{cpus,gpus,mem,disk}_revocable_{total,used,percent}
master/slaves_{active,inactive,connected,disconnected,unreachable} master/slave_{registrations,reregistrations,removals}
master/slave_removals/reason_{registered,unhealthy,unregistered} master/recovery_slave_removals
master/slave_{unreachable,shutdowns}_{scheduled,completed,canceled}
master/frameworks_{active,inactive,connected,disconnected} master/outstanding_offers
master/tasks_{staging,starting,running,killing,unreachable}
master/tasks_{finished,failed,killed,lost,error,dropped,gone,gone_by_operator}
master/dropped_messages master/http_cache_hits master/operator_event_stream_subscribers
master/event_queue_{messages,dispatches,http_requests}
master/messages_{register,reregister,unregister,deactivate}_framework
master/messages_{launch_tasks,decline_offers,revive_offers,suppress_offers,kill_task,resource_request}
master/messages_{status_update,operation_status_update} master/messages_{reconcile_tasks,reconcile_operations}
master/messages_{status_update,operation_status_update}_acknowledgement
master/messages_{framework_to_executor,executor_to_framework,exited_executor,authenticate}
master/messages_{register,reregister,unregister,update}_slave
master/{valid,invalid}_{status_updates,operation_status_updates}
master/{valid,invalid}_{status_update,operation_status_update}_acknowledgements
master/{valid,invalid}_{framework_to_executor,executor_to_framework}_messages
master/operations/{total,pending,recovering,unreachable,finished,failed,error,dropped,gone_by_operator}
master/operations/{create,create_disk,destroy,destroy_disk,grow_volume,reserve,shrink_volume,unreserve}/total
master/operations/{create,destroy,reserve,unreserve}/{pending,recovering,unreachable}
master/operations/{create,destroy,reserve,unreserve}/{finished,failed,error,dropped,gone_by_operator}
master/operations/{create_disk,destroy_disk,grow_volume,shrink_volume}/{pending,recovering,unreachable}
master/operations/{create_disk,destroy_disk,grow_volume,shrink_volume}/{finished,failed,error,dropped,gone_by_operator}
allocator/mesos/{allocation_runs,event_queue_dispatches} allocator/event_queue_dispatches
allocator/mesos/resources/{cpus,mem,disk}/{total,offered_or_allocated}
""")
OF_A_FRAMEWORK = names("""
subscribed calls events operations roles/eng/suppressed offers/{sent,accepted,declined,rescinded}
calls/{accept,accept_inverse_offers,acknowledge,acknowledge_operation_status,decline,decline_inverse_offers,kill}
calls/{message,reconcile,reconcile_operations,request,revive,shutdown,subscribe,suppress,teardown,update_framework}
events/{error,failure,heartbeat,inverse_offers,message,offers,rescind,rescind_inverse_offer,subscribed,update}
events/update_operation_status operations/{launch,launch_group,reserve,unreserve,create,destroy}
operations/{create_disk,destroy_disk,grow_volume,shrink_volume}
tasks/active/task_{killing,running,staging,starting,unknown,unreachable}
tasks/terminal/task_{dropped,error,failed,finished,gone,gone_by_operator,killed,lost}
""")
OF_A_ROLE = names("allocator/mesos/roles/eng/shares/dominant allocator/mesos/offer_filters/roles/eng/active")
OF_A_QUOTA = names("allocator/mesos/quota/roles/eng/resources/cpus/{guarantee,limit,offered_or_allocated}")


def metrics_of(bench: MasterBench) -> Metrics:
    """The metrics that show this master."""
    metrics = Metrics()
    add_cluster_gauges(metrics, bench.master.state)
    return metrics


def test_an_empty_cluster_has_all_names() -> None:
    """From the start, so that no exporter misses one; and every number is 0."""
    numbers = metrics_of(MasterBench()).snapshot()

    assert set() == ALWAYS - set(numbers)
    assert {0.0} == set(numbers.values())


def test_a_framework_brings_names_of_its_own() -> None:
    """Its name is percent-encoded, and its roles are there."""
    bench = MasterBench()
    framework_id = bench.add_framework(make_framework("a b/c", "eng"))
    numbers = metrics_of(bench).snapshot()

    stem = f"master/frameworks/a%20b%2Fc/{framework_id}/"
    assert set() == {stem + name for name in OF_A_FRAMEWORK} - set(numbers)
    assert set() == OF_A_ROLE - set(numbers)
    assert (1.0, 0.0) == (numbers[f"{stem}subscribed"], numbers[f"{stem}roles/eng/suppressed"])


def test_frameworks_names_can_be_left_out() -> None:
    """``--no-publish_per_framework_metrics``: the cluster's numbers stay."""
    bench = MasterBench(MasterConfig(registry="in_memory", publish_per_framework_metrics=False))
    bench.add_framework()
    numbers = metrics_of(bench).snapshot()

    assert 1.0 == numbers["master/frameworks_active"]
    assert not any(name.startswith("master/frameworks/") for name in numbers)


def test_tasks_are_counted_where_they_stand_and_where_they_ended() -> None:
    """In the cluster's numbers and in the framework's, with the source and the reason of an end."""
    bench = MasterBench()
    bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework(make_framework("f", capabilities="PARTITION_AWARE"))
    running, finished = bench.launch(framework_id, "t1", "t2")
    bench.update(framework_id, running, TaskState.TASK_RUNNING)
    bench.update(framework_id, finished, TaskState.TASK_FINISHED)
    numbers = metrics_of(bench).snapshot()

    own = f"master/frameworks/f/{framework_id}/tasks"
    wanted: dict[str, float] = {"master/tasks_running": 1, "master/tasks_finished": 1, "master/tasks_staging": 0}
    wanted |= {f"{own}/active/task_running": 1, f"{own}/terminal/task_finished": 1}
    wanted |= {"master/cpus_total": 4, "master/cpus_used": 1, "master/cpus_percent": 0.25}
    wanted |= {"master/frameworks_active": 1, "master/slaves_active": 1, "master/outstanding_offers": 0}
    wanted |= {f"master/frameworks/f/{framework_id}/operations/launch": 2, "master/messages_launch_tasks": 1}
    assert wanted == {name: numbers.get(name) for name in wanted}


def test_ends_with_a_reason_are_counted_by_it() -> None:
    """``task_<state>/source_<source>/reason_<reason>``: a task that asks for too much."""
    bench = MasterBench()
    bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    offer = bench.offers(framework_id)[0]
    bench.accept(framework_id, [offer.id], make_task("t1", offer.agent_id, "cpus:400;mem:32"))
    numbers = metrics_of(bench).snapshot()

    assert (1.0, 1.0) == (
        numbers["master/tasks_error"],
        numbers["master/task_error/source_master/reason_task_invalid"],
    )


def test_what_frameworks_do_with_offers_is_counted() -> None:
    """Sent, accepted, declined, rescinded; and the calls and events around them."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework(make_framework("f"))
    bench.call(framework_id, Decline(offer_ids=(bench.offers(framework_id)[0].id,), filters=Filters(0.0)))
    bench.pass_time(2.0)
    bench.launch(framework_id, "t1")
    bench.add_agent("cpus:1;mem:1024")
    bench.add_agent("cpus:1;mem:1024")
    bench.break_link(bench.master.state.offers[bench.offers(framework_id)[0].id].grant.agent_id)
    numbers = metrics_of(bench).snapshot()

    assert agent_id in bench.master.state.agents
    stem = f"master/frameworks/f/{framework_id}/"
    wanted = {"offers/sent": 4, "offers/accepted": 1, "offers/declined": 1, "offers/rescinded": 1}
    wanted |= {"calls/accept": 1, "calls/decline": 1, "events/subscribed": 1, "events/rescind": 1}
    assert wanted == {name: numbers[stem + name] for name in wanted}
    assert sum(numbers[name] for name in numbers if name.startswith(f"{stem}events/")) == numbers[f"{stem}events"]


def test_offers_are_not_used() -> None:
    """What is only offered is granted to the allocator, and used by nobody."""
    bench = MasterBench()
    bench.add_agent("cpus:4;mem:4096")
    bench.add_framework()
    numbers = metrics_of(bench).snapshot()

    assert (1.0, 0.0) == (numbers["master/outstanding_offers"], numbers["master/cpus_used"])
    assert 4.0 == numbers["allocator/mesos/resources/cpus/offered_or_allocated"]


def test_quotas_have_their_numbers() -> None:
    """Guarantee, limit and what counts against it; what is not limited has no limit."""
    bench = MasterBench()
    limits = {"cpus": Scalar.of(2.0)}
    bench.master.state.quotas["eng"] = QuotaConfig(role="eng", guarantees={"cpus": Scalar.of(1.0)}, limits=limits)
    numbers = metrics_of(bench).snapshot()

    assert set() == OF_A_QUOTA - set(numbers)
    stem = "allocator/mesos/quota/roles/eng/resources/cpus"
    assert (1.0, 2.0) == (numbers[f"{stem}/guarantee"], numbers[f"{stem}/limit"])


def test_revocable_resources_are_counted_apart() -> None:
    """They are in no other number."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    gauges = ClusterGauges(bench.master.state)
    before = gauges.read()
    _make_revocable(bench.master.state, agent_id, "cpus")
    numbers = gauges.read()

    assert (4.0, 0.0) == (before["master/cpus_total"], before["master/cpus_revocable_total"])
    assert (0.0, 4.0) == (numbers["master/cpus_total"], numbers["master/cpus_revocable_total"])
    assert 4096.0 == numbers["master/mem_total"]


def _make_revocable(state: ClusterState, agent_id: AgentId, name: str) -> None:
    agent = state.agents[agent_id]
    items = tuple(
        evolve(item, kind=evolve(item.kind, revocable=True)) if item.name == name else item
        for item in agent.info.resources
    )
    agent.info = evolve(agent.info, resources=Resources(items))


def test_every_name_has_its_place_at_prometheus() -> None:
    """Each is given to a family by a rule, or left out by one; and the text can be read by Prometheus."""
    bench = MasterBench()
    bench.add_agent()
    framework_id = bench.add_framework(make_framework("a b/c", "eng/web"))
    metrics = metrics_of(bench)
    numbers = metrics.numbers()
    unplaced = {
        name for name in numbers if (found := find_series(RULES, name)) and found.help.endswith("under its flat name.")
    }
    body, _ = Exposition(RULES).render(numbers, metrics.timers())
    families = {family.name: family for family in text_string_to_metric_families(body.decode())}

    assert set() == unplaced
    assert {"framework": "a b/c", "framework_id": framework_id, "role": "eng/web"} in [
        sample.labels for sample in families["koinon_framework_suppressed"].samples
    ]
    assert ("counter", "gauge") == (families["koinon_master_messages"].type, families["koinon_master_agents"].type)


def test_a_snapshot_walks_the_tasks_as_often_as_there_are_readers_not_names() -> None:
    """Of 1,000 frameworks with ten tasks each, some tens of thousands of names: the tasks are looked at twice."""
    bench = MasterBench()
    bench.add_agent("cpus:20000;mem:2000000")
    framework_id = bench.add_framework()
    bench.launch(framework_id, *(f"t{number}" for number in range(100)))
    framework = bench.master.state.frameworks[framework_id]
    looks: list[str] = []

    class Watched(dict):  # type: ignore[type-arg]
        def values(self):  # type: ignore[no-untyped-def]
            looks.append("values")
            return super().values()

    framework.tasks = Watched(framework.tasks)
    metrics_of(bench).snapshot()

    assert 2 == len(looks)
