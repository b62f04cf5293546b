"""Frameworks that describe themselves anew, on a new stream or on the one they have."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from fakes.master_bench import MasterBench, make_framework
from koinon_core.agent_link import DescribeFramework, ResendUpdates
from koinon_core.ids import FrameworkId, StreamId
from koinon_core.offer_constraints import OfferConstraints, RoleConstraints
from koinon_core.scheduler_api import Error, Rescind, Revive, Subscribed, Suppress, UpdateFramework
from koinon_core.tasks import TaskState
from koinon_master.events import CallReceived, RequestId, SubscribeReceived
from koinon_master.operator_events import FrameworkAdded, FrameworkRemoved, FrameworkUpdated

EMPTY = OfferConstraints({"a": RoleConstraints()})


def _update(bench: MasterBench, framework_id: FrameworkId, *suppressed: str, **changes: Any) -> tuple[int, str]:
    info = evolve(bench.master.state.frameworks[framework_id].info, **changes)
    return bench.update_framework(framework_id, UpdateFramework(framework_info=info, suppressed_roles=suppressed))


def test_update_replaces_what_the_framework_says_of_itself() -> None:
    """The name, the failover timeout, the suppressed roles: all is new, and the operator's stream says so."""
    bench = MasterBench()
    framework_id = bench.add_framework(make_framework("f", "a", "b"))
    framework = bench.master.state.frameworks[framework_id]

    answer = _update(bench, framework_id, "b", name="g", failover_timeout=7.0)

    assert (200, "") == answer
    assert ("g", 7.0, frozenset({"b"})) == (framework.info.name, framework.info.failover_timeout, framework.suppressed)
    assert FrameworkUpdated(framework) == bench.published[-1]


def test_update_takes_back_the_offers_of_roles_that_are_gone() -> None:
    """Tasks of the old role stay where they are, and are counted; the rest is offered to the new role."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework(make_framework("f", "a"))
    bench.launch(framework_id, "t")
    bench.call(framework_id, Revive())
    (held,) = bench.offers(framework_id)

    _update(bench, framework_id, roles=("b",))

    rescinded = bench.heard(bench.stream_of(framework_id), Rescind)
    (offer,) = bench.offers(framework_id)
    framework = bench.master.state.frameworks[framework_id]
    assert [Rescind(held.id)] == rescinded
    assert "b" == (offer.allocation_info and offer.allocation_info.role)
    assert ["a"] == [task.role for task in framework.tasks.values()]
    assert list(framework.tasks) == [key[1] for key in bench.master.state.agents[agent_id].tasks]


def test_update_that_is_refused_changes_nothing() -> None:
    """The answer says why; offers stay, operators hear nothing."""
    bench = MasterBench()
    bench.add_agent()
    framework_id = bench.add_framework(make_framework("f", "a"))
    before, published = bench.master.state.frameworks[framework_id].info, len(bench.published)

    status, text = _update(bench, framework_id, roles=("b",), user="eve")

    assert (400, "FrameworkInfo update is not valid: Updating 'FrameworkInfo.user' is unsupported;") == (
        status,
        text.split(" attempted")[0],
    )
    assert before == bench.master.state.frameworks[framework_id].info
    assert (1, published) == (len(bench.offers(framework_id)), len(bench.published))


def test_update_that_crosses_the_end_of_its_stream_is_answered_all_the_same() -> None:
    """Whoever asked must not wait for ever."""
    bench = MasterBench()
    info = make_framework("f", "a")

    bench.push(
        CallReceived(
            framework_id=FrameworkId("gone"),
            body=UpdateFramework(framework_info=info),
            stream_id=StreamId("s"),
            request=RequestId(1),
        )
    )

    assert (403, "Framework is not subscribed") == bench.answers[RequestId(1)]


def test_wrong_constraints_refuse_subscriptions_and_updates() -> None:
    """In the words of Mesos: on the stream of the one, in the answer to the other."""
    bench = MasterBench()
    framework_id = bench.add_framework(make_framework("f", "a"))
    info = bench.master.state.frameworks[framework_id].info

    answer = bench.update_framework(framework_id, UpdateFramework(framework_info=info, offer_constraints=EMPTY))
    bench.push(
        SubscribeReceived(stream_id=StreamId("new"), framework_info=make_framework("g"), offer_constraints=EMPTY)
    )

    problem = "'OfferConstraints::role_constraints' has an empty 'RoleConstraints::groups' for role a"
    assert (400, f"'UpdateFramework.offer_constraints' are not valid: {problem}") == answer
    assert [Error(problem)] == bench.events[StreamId("new")]


def test_each_subscription_replaces_roles_and_what_is_suppressed() -> None:
    """The offers of the old stream are void with it; those of the new one are for the new roles."""
    bench = MasterBench()
    bench.add_agent()
    info = make_framework("f", "a", "b", failover_timeout=60)
    framework_id = bench.add_framework(info)
    first = bench.stream_of(framework_id)

    bench.subscribe(evolve(info, id=framework_id, roles=("b", "c")), "b")

    framework = bench.master.state.frameworks[framework_id]
    assert [Error("Framework failed over")] == bench.heard(first, Error)
    assert ["c"] == [offer.allocation_info and offer.allocation_info.role for offer in bench.offers(framework_id)]
    assert frozenset({"b"}) == framework.suppressed


def test_suppress_and_revive_are_remembered_and_only_for_own_roles() -> None:
    """A call that names a role of others is dropped whole, as Mesos does."""
    bench = MasterBench()
    framework_id = bench.add_framework(make_framework("f", "a", "b"))
    framework = bench.master.state.frameworks[framework_id]

    bench.call(framework_id, Suppress(("a", "zz")))
    untouched = framework.suppressed
    bench.call(framework_id, Suppress())
    everything = framework.suppressed
    bench.call(framework_id, Revive(("b",)))

    assert (frozenset(), frozenset({"a", "b"}), frozenset({"a"})) == (untouched, everything, framework.suppressed)


def test_framework_is_whom_it_proved_to_be() -> None:
    """The principal of its connection fills one that is unset, and holds from then on."""
    bench = MasterBench()
    info = make_framework("f", failover_timeout=60)
    bench.push(SubscribeReceived(stream_id=StreamId("s"), framework_info=info, principal="alice"))
    (subscribed,) = bench.heard(StreamId("s"), Subscribed)
    again = evolve(info, id=subscribed.framework_id)

    bench.push(SubscribeReceived(stream_id=StreamId("b"), framework_info=again, principal="bob"))
    bench.push(SubscribeReceived(stream_id=StreamId("a"), framework_info=again, principal="alice"))

    assert "alice" == bench.master.state.frameworks[subscribed.framework_id].info.principal
    assert [Error("Changing framework's principal is not allowed.")] == bench.heard(StreamId("b"), Error)
    assert 1 == len(bench.heard(StreamId("a"), Subscribed))


def test_recovered_framework_keeps_its_principal_and_its_user() -> None:
    """A new leader knows it from agents alone; nobody else may take its place."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    info = make_framework("f", failover_timeout=60)
    framework_id = bench.add_framework(evolve(info, principal="p"))
    (task,) = bench.launch(framework_id, "t")
    successor = MasterBench()
    known = bench.master.state.frameworks[framework_id].info
    from_agent = bench.agent_info(agent_id)

    successor.return_agent(from_agent, *bench.reported(framework_id, task), frameworks=(known,))
    refused = successor.subscribe(evolve(info, id=framework_id, principal="q"))
    taken = successor.subscribe(evolve(info, id=framework_id, principal="p", user="eve"))

    assert [Error("Changing framework's principal is not allowed.")] == successor.heard(refused, Error)
    assert 1 == len(successor.heard(taken, Subscribed))
    assert "nobody" == successor.master.state.frameworks[framework_id].info.user


def test_operators_see_frameworks_come_change_and_go() -> None:
    """FRAMEWORK_ADDED once, FRAMEWORK_UPDATED for each further subscription, nothing for a broken stream."""
    bench = MasterBench()
    info = make_framework("f", failover_timeout=60)
    framework_id = bench.add_framework(info)
    framework = bench.master.state.frameworks[framework_id]
    bench.leave(framework_id)
    bench.subscribe(evolve(info, id=framework_id))
    bench.leave(framework_id)

    bench.pass_time(60)

    assert [
        FrameworkAdded(framework),
        FrameworkUpdated(framework),
        FrameworkRemoved(framework.info),
    ] == bench.published


def test_agents_repeat_what_a_framework_missed_as_soon_as_it_is_back() -> None:
    """Their own repetition may be ten minutes away."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    info = make_framework("f", failover_timeout=60)
    framework_id = bench.add_framework(info)
    (task,) = bench.launch(framework_id, "t")
    bench.leave(framework_id)
    bench.update(framework_id, task, TaskState.TASK_RUNNING)

    bench.subscribe(evolve(info, id=framework_id))

    assert [ResendUpdates(framework_id)] == bench.orders_for(agent_id, ResendUpdates)


def test_what_frameworks_say_and_hear_is_counted() -> None:
    """By the names that metrics have for it."""
    bench = MasterBench()
    bench.add_agent()
    framework_id = bench.add_framework()

    bench.launch(framework_id, "t")
    bench.call(framework_id, Revive())

    tallies = bench.master.state.frameworks[framework_id].tallies
    assert {"calls": 3, "calls/subscribe": 1, "calls/accept": 1, "calls/revive": 1} == {
        name: count for name, count in tallies.items() if name.startswith("calls")
    }
    assert {"events": 4, "events/subscribed": 1, "events/heartbeat": 1, "events/offers": 2} == {
        name: count for name, count in tallies.items() if name.startswith("events")
    }


def test_agents_learn_how_their_frameworks_changed() -> None:
    """They tell the next leader; who says what it said before is not told on."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    info = make_framework("f", "a", failover_timeout=60)
    framework_id = bench.add_framework(info)
    bench.launch(framework_id, "t")
    same = evolve(info, id=framework_id)

    bench.subscribe(same)
    bench.subscribe(evolve(same, hostname="h"))
    _update(bench, framework_id, name="g")

    told = [order.framework for order in bench.orders_for(agent_id, DescribeFramework)]
    assert [evolve(same, hostname="h"), evolve(same, hostname="h", name="g")] == told
