"""First-fit on one offer."""

from typing import Any

from koinon_core.ids import AgentId, FrameworkId, OfferId, TaskId
from koinon_core.offers import Offer
from koinon_core.ranges import Ranges
from koinon_core.resources import Resource, Resources, ranges, scalar
from koinon_core.scalars import Scalar
from koinon_frameworks.matching import WantedTask, match_tasks, take, take_ports


def make_offer(*resources: Resource) -> Offer:
    return Offer(
        id=OfferId("O"),
        framework_id=FrameworkId("F"),
        agent_id=AgentId("S"),
        hostname="host",
        resources=Resources(resources),
    )


def want(name: str, **needs: Any) -> WantedTask:
    return WantedTask(name=name, task_id=TaskId(name), **needs)


def test_starts_what_fits_and_says_why_the_rest_does_not() -> None:
    """A task too big does not keep a smaller one behind it from starting."""
    offer = make_offer(scalar("cpus", 1.0), scalar("mem", 100))

    match = match_tasks(offer, [want("big", cpus=2.0, mem=200), want("small", cpus=0.5, mem=64)])

    assert ["small"] == [task.name for task in match.tasks]
    assert [("cpus: 2 wanted, 1 offered", "mem: 200 MiB wanted, 100 MiB offered")] == [
        unmatched.reasons for unmatched in match.unmatched
    ]
    assert match.leftover == Resources((scalar("cpus", 0.5), scalar("mem", 36)))


def test_tasks_get_different_ports() -> None:
    """Two tasks on one offer share no port, and a third is told that none are left."""
    offer = make_offer(scalar("cpus", 4), scalar("mem", 999), ranges("ports", (31000, 31001), (31005, 31006)))

    match = match_tasks(offer, [want("a", ports=1), want("b", ports=3), want("c", ports=1)])

    assert [[31000], [31001, 31005, 31006]] == [list(task.resources.ranges("ports")) for task in match.tasks]
    assert ("1 host ports are needed, 0 are offered",) == match.unmatched[0].reasons


def test_takes_reservations_before_what_is_free() -> None:
    """What is set aside for the role goes first, and the rest comes from the unreserved."""
    taken = take(Resources((scalar("cpus", 2), scalar("cpus", 1, role="web"))), "cpus", 1.5)

    assert taken == Resources((scalar("cpus", 1, role="web"), scalar("cpus", 0.5)))


def test_takes_nothing_when_there_is_too_little() -> None:
    """No amount is taken in part."""
    resources = Resources((scalar("cpus", 1), ranges("ports", (1, 2))))

    assert take(resources, "cpus", 1.001) is None
    assert take_ports(resources, 3) is None


def test_no_ports_wanted_takes_none() -> None:
    """A task without ports fits on an offer without ports."""
    match = match_tasks(make_offer(scalar("cpus", 1), scalar("mem", 32)), [want("a", cpus=1)])

    assert 1 == len(match.tasks)
    assert Ranges() == match.tasks[0].resources.ranges("ports")
    assert Scalar() == match.leftover.scalar("cpus")
