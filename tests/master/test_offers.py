"""Offers: who gets them, when they come back, what refusals hold back."""

from __future__ import annotations

import pytest

from fakes.master_bench import MasterBench, launch, make_framework, make_task
from koinon_core.agent_link import RunTask
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import OfferId
from koinon_core.offers import Filters
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Accept, Decline, Offers, Rescind, Revive, Suppress
from koinon_core.tasks import TaskState, TaskStatusReason
from koinon_master.config import MasterConfig


def test_free_resources_are_offered_whole_to_one_framework() -> None:
    """An agent's free resources go to one framework as one offer, without allocation info for a plain one."""
    bench = MasterBench()
    framework_id = bench.add_framework()
    agent_id = bench.add_agent("cpus:4;mem:4096")

    (offer,) = bench.offers(framework_id)

    assert (agent_id, parse_resources("cpus:4;mem:4096"), None) == (
        offer.agent_id,
        offer.resources,
        offer.allocation_info,
    )


def test_multi_role_framework_sees_the_role_of_its_offer() -> None:
    """The offer and each of its resources carry the role that they were allocated to."""
    bench = MasterBench()
    bench.add_agent("cpus:4;mem:4096")

    (offer,) = bench.offers(bench.add_framework(make_framework("f", "eng")))

    assert offer.allocation_info is not None
    assert "eng" == offer.allocation_info.role
    assert parse_resources("cpus:4;mem:4096").allocated_to("eng") == offer.resources


def test_declined_resources_come_back_after_five_seconds() -> None:
    """Without filters a refusal holds for 5 seconds; the master sleeps until then."""
    bench = MasterBench()
    bench.add_agent()
    framework_id = bench.add_framework()

    bench.call(framework_id, Decline(offer_ids=(bench.offers(framework_id)[0].id,)))
    bench.pass_time(4.9)
    before = bench.offers(framework_id)
    bench.pass_time(0.1)

    assert [] == before
    assert 1 == len(bench.offers(framework_id))


def test_declined_resources_go_to_another_framework_at_once() -> None:
    """A refusal holds for the framework that made it alone."""
    bench = MasterBench()
    bench.add_agent()
    first, second = bench.add_framework(make_framework("a")), bench.add_framework(make_framework("b"))

    bench.call(first, Decline(offer_ids=(bench.offers(first)[0].id,)))

    assert 1 == len(bench.offers(second))


def test_more_than_was_refused_passes_the_filter() -> None:
    """Resources that come free are offered although less of the same agent was refused."""
    bench = MasterBench()
    bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t")

    bench.update(framework_id, task, TaskState.TASK_FINISHED)
    bench.allocate()

    assert parse_resources("cpus:4;mem:4096") == bench.offers(framework_id)[0].resources


@pytest.mark.parametrize(
    ("refuse_seconds", "holds"),
    [(0.0, 1.0), (0.1, 1.0), (10.0, 10.0), (-1.0, 5.0), (float("nan"), 5.0), (float("inf"), 365 * 86400.0)],
)
def test_refuse_seconds_are_bounded(refuse_seconds: float, holds: float) -> None:
    """A refusal lasts one allocation interval at least and a year at most; nonsense counts as 5 seconds."""
    bench = MasterBench()
    bench.add_agent()
    framework_id = bench.add_framework()
    offer_id = bench.offers(framework_id)[0].id

    bench.call(framework_id, Decline(offer_ids=(offer_id,), filters=Filters(refuse_seconds)))

    assert bench.now + holds == bench.master.state.allocator.next_expiry()


def test_revive_clears_refusals_and_suppression() -> None:
    """SUPPRESS stops offers, REVIVE brings back even what was refused for a year."""
    bench = MasterBench()
    bench.add_agent()
    framework_id = bench.add_framework()
    refused = Decline(offer_ids=(bench.offers(framework_id)[0].id,), filters=Filters(1e9))

    bench.call(framework_id, refused)
    bench.call(framework_id, Suppress())
    bench.add_agent()
    suppressed = bench.offers(framework_id)
    bench.call(framework_id, Revive())

    assert [] == suppressed
    assert 2 == len(bench.offers(framework_id))


def test_role_suppressed_when_subscribing_gets_no_offer() -> None:
    """``suppressed_roles`` of SUBSCRIBE rule from the start."""
    bench = MasterBench()
    bench.add_agent()

    stream_id = bench.subscribe(make_framework("f", "a"), "a")

    assert [] == bench.heard(stream_id, Offers)


def test_offer_is_rescinded_when_its_agent_is_away() -> None:
    """A broken link voids the offers of the agent, and nothing more is offered of it."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    (offer,) = bench.offers(framework_id)

    bench.break_link(agent_id)
    bench.allocate()

    assert [Rescind(offer.id)] == bench.heard(bench.stream_of(framework_id), Rescind)
    assert [] == bench.offers(framework_id)


def test_offer_timeout_rescinds_and_offers_anew() -> None:
    """An offer that is held for too long is taken back and goes round again."""
    bench = MasterBench(MasterConfig(registry="in_memory", offer_timeout=30.0))
    bench.add_agent()
    framework_id = bench.add_framework()
    (first,) = bench.offers(framework_id)

    bench.pass_time(30)

    assert [Rescind(first.id)] == bench.heard(bench.stream_of(framework_id), Rescind)
    assert first.id != bench.offers(framework_id)[0].id


def test_crumbs_are_not_offered() -> None:
    """Less than 0.01 cpus and less than 32 MB are not worth an offer; either is."""
    bench = MasterBench()
    framework_id = bench.add_framework()

    bench.add_agent("cpus:0.009;mem:31;disk:1000")
    crumbs = bench.offers(framework_id)
    bench.add_agent("mem:32")

    assert [] == crumbs
    assert ["mem:32"] == [str(offer.resources) for offer in bench.offers(framework_id)]


def test_gpu_agents_are_for_frameworks_that_know_gpus() -> None:
    """An agent with GPUs is offered to GPU_RESOURCES frameworks alone."""
    bench = MasterBench()
    bench.add_agent("cpus:4;gpus:1")
    plain = bench.add_framework()
    capable = bench.add_framework(make_framework(capabilities="GPU_RESOURCES"))

    assert ([], 1) == (bench.offers(plain), len(bench.offers(capable)))


def test_reserved_resources_are_for_their_role_and_beneath() -> None:
    """A reservation is offered to its role and the roles under it, and to nobody else."""
    bench = MasterBench()
    bench.add_agent("cpus(eng):2;cpus:1")
    stranger = bench.add_framework(make_framework("s", "ops"))
    child = bench.add_framework(make_framework("c", "eng/web"))

    assert "cpus:1" == str(bench.offers(stranger)[0].resources.allocated_to(None))
    assert "cpus(eng):2" == str(bench.offers(child)[0].resources.allocated_to(None))


def test_next_agent_goes_to_the_framework_with_less() -> None:
    """Fair order: who holds nothing is offered before who holds an agent already."""
    bench = MasterBench()
    first = bench.add_framework(make_framework("a"))
    bench.add_agent()
    second = bench.add_framework(make_framework("b"))

    bench.add_agent()

    assert (1, 1) == (len(bench.offers(first)), len(bench.offers(second)))


def test_several_offers_of_one_agent_may_be_used_together() -> None:
    """A task may take the sum of two offers of its agent."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:2;mem:512")
    framework_id = bench.add_framework()
    (small,) = bench.launch(framework_id, "small")
    bench.call(framework_id, Revive())
    bench.update(framework_id, small, TaskState.TASK_FINISHED)
    bench.allocate()

    offers = [offer.id for offer in bench.offers(framework_id)]
    bench.accept(framework_id, offers, make_task("big", agent_id, "cpus:2;mem:512"))

    assert 2 == len(offers)
    assert ["small", "big"] == [order.task.task_id for order in bench.orders_for(agent_id, RunTask)]


def _refused(info: FrameworkInfo | None = None, *, count: int = 1) -> tuple[MasterBench, list[tuple[object, object]]]:
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework(info)
    ids = (*[bench.offers(framework_id)[0].id] * count, OfferId("gone"))[:2]
    bench.call(framework_id, Accept(offer_ids=ids, operations=(launch(make_task("t", agent_id)),)))
    return bench, [(status.state, status.reason) for status in bench.updates(framework_id)]


@pytest.mark.parametrize("count", [1, 2])
def test_invalid_offers_lose_the_tasks_and_discard_the_offers(count: int) -> None:
    """An unknown or doubled offer id makes every task LOST; the good offers of the call come round again."""
    bench, told = _refused(count=count)

    assert [(TaskState.TASK_LOST, TaskStatusReason.REASON_INVALID_OFFERS)] == told
    assert ["m-O1"] == list(bench.master.state.offers)


def test_partition_aware_framework_hears_dropped() -> None:
    """The same loss is TASK_DROPPED for a PARTITION_AWARE framework."""
    _, told = _refused(make_framework(capabilities="PARTITION_AWARE"))

    assert [(TaskState.TASK_DROPPED, TaskStatusReason.REASON_INVALID_OFFERS)] == told


def test_offer_named_twice_is_invalid() -> None:
    """The text names the offer."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    offer = bench.offers(framework_id)[0]

    bench.accept(framework_id, [offer.id, offer.id], make_task("t", agent_id))

    expected = [f"Task launched with invalid offers: Duplicate offer {offer.id} in offer list"]
    assert expected == [status.message for status in bench.updates(framework_id)]


def test_offer_of_another_framework_is_invalid() -> None:
    """Nobody can use, or decline, an offer that was not made to it."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    owner, thief = bench.add_framework(make_framework("a")), bench.add_framework(make_framework("b"))
    (offer,) = bench.offers(owner)

    bench.accept(thief, [offer.id], make_task("t", agent_id))
    bench.call(thief, Decline(offer_ids=(offer.id,)))

    assert [TaskState.TASK_LOST] == [status.state for status in bench.updates(thief)]
    assert [offer] == bench.offers(owner)
