"""Whether an offer does for an app, rule by rule, and in which order the reasons come (marathon-semantics 10)."""

from random import Random
from typing import Any

import attrs
import pytest

from koinon_core.agents import DomainInfo, FaultDomain, RegionInfo, Unavailability, ZoneInfo
from koinon_core.containers import DurationInfo, TimeInfo
from koinon_core.ids import AgentId, FrameworkId, OfferId
from koinon_core.offers import AllocationInfo, Offer
from koinon_core.resources import Reservation, Resources, ranges, scalar
from koinon_core.scalars import Scalar
from koinon_frameworks.matching.constraints import Constraint, Operator
from koinon_frameworks.matching.refusals import RefusalReason
from koinon_marathon.definition.apps import App
from koinon_marathon.definition.networks import PortDefinition
from koinon_marathon.definition.resources import ExecutorResources
from koinon_marathon.instance.instances import InstanceId
from koinon_marathon.launch.matcher import Match, MatchRules, OpenOffer
from koinon_marathon.launch.reserved_resources import Owner
from koinon_marathon.options import Options
from support.marathon_world import make_app

PLAIN = Resources((scalar("cpus", 4), scalar("mem", 1024), ranges("ports", (31000, 31009))))
OF_WEB = (Reservation(role="web"),)


def reserved(resources: Resources, *reservations: Reservation) -> Resources:
    """The same, set aside."""
    return Resources(attrs.evolve(one, kind=attrs.evolve(one.kind, reservations=reservations)) for one in resources)


def match(app: App, *, rules: dict[str, Any] | None = None, options: Options | None = None, **offer: Any) -> Any:
    """The match of a plain offer that differs in some way, or the names of all reasons why there is none."""
    fields: dict[str, Any] = {"resources": PLAIN, "allocation_info": AllocationInfo(app.role)} | offer
    found = OpenOffer.of(
        Offer(id=OfferId("o"), framework_id=FrameworkId("f"), agent_id=AgentId("a"), hostname="h", **fields),
        MatchRules(options=options or Options(), **{"home_region": None, "now": 1000.0} | (rules or {})),
    ).match(app, (), Random(1))
    return found if isinstance(found, Match) else [refusal.reason for refusal in found]


@pytest.mark.parametrize(
    ("accepted", "behavior", "does"),
    [
        (None, "any", (True, True)),
        (None, "unreserved", (True, False)),
        (None, "reserved", (False, True)),
        (("*",), "any", (True, False)),
        (("web",), "any", (False, True)),
        (("web",), "unreserved", (False, True)),
    ],
)
def test_which_roles_resources_are_taken_of(
    accepted: tuple[str, ...] | None, behavior: str, does: tuple[bool, bool]
) -> None:
    """What the app says comes first, then `--accepted_resource_roles_default_behavior`: unreserved, the role's own."""
    app = make_app(role="web", accepted_resource_roles=accepted)
    options = Options(accepted_resource_roles_default_behavior=behavior)
    found = [match(app, options=options, resources=one) for one in (PLAIN, reserved(PLAIN, *OF_WEB))]

    assert does == tuple(isinstance(one, Match) for one in found)
    assert all(one == [RefusalReason.UNFULFILLED_ROLE] for one in found if not isinstance(one, Match))


def test_what_is_unreserved_and_what_is_the_roles_own_is_put_together() -> None:
    """Neither half is enough by itself."""
    halves = Resources((scalar("cpus", 3), *reserved(Resources((scalar("cpus", 3),)), *OF_WEB), *PLAIN.named("ports")))
    found = match(make_app(role="web", cpus=5.0, mem=0.0), resources=halves)

    assert isinstance(found, Match)
    assert Scalar.of(5) == found.resources.scalar("cpus")


def test_an_offer_to_another_role_is_none() -> None:
    """Instances keep the role they were made with; the offer must be to it."""
    found = match(make_app(role="web"), allocation_info=AllocationInfo("other"))

    assert [RefusalReason.UNFULFILLED_ROLE] == found


def test_what_is_set_aside_for_an_instance_is_nobody_elses() -> None:
    """Resources that bear a Marathon's mark are not there for other apps of the role."""
    owner = Owner(framework_id=FrameworkId("f"), instance_id=InstanceId("web_db.instance-1"), role="web")

    assert [RefusalReason.UNFULFILLED_ROLE] == match(make_app(role="web"), resources=reserved(PLAIN, owner.reservation))


@pytest.mark.parametrize(
    ("home", "region", "constraint", "does"),
    [
        ("here", "here", None, True),
        ("here", "there", None, False),
        ("here", "there", "@region", True),
        ("here", "there", "@zone", True),
        ("here", "there", "hostname", False),
        ("here", None, None, True),
        (None, "there", None, True),
    ],
)
def test_other_regions_are_for_those_who_ask(
    home: str | None, region: str | None, constraint: str | None, does: bool
) -> None:
    """Without a constraint on region or zone an app stays in the masters' own region."""
    constraints = (Constraint(constraint, Operator.LIKE, ".*"),) if constraint else ()
    domain = DomainInfo(FaultDomain(region=RegionInfo(region), zone=ZoneInfo("z"))) if region else None
    found = match(make_app(constraints=constraints), rules={"home_region": home}, domain=domain)

    assert (True if does else [RefusalReason.UNFULFILLED_CONSTRAINT]) == (isinstance(found, Match) or found)


@pytest.mark.parametrize(
    ("now", "duration", "draining", "is_on", "does"),
    [
        (999.0, None, 0.0, True, True),
        (1001.0, None, 0.0, True, False),
        (991.0, None, 10.0, True, False),
        (989.0, None, 10.0, True, True),
        (1049.0, 50.0, 0.0, True, False),
        (1050.0, 50.0, 0.0, True, True),
        (1001.0, None, 0.0, False, True),
    ],
)
def test_agents_in_maintenance_are_left_alone(
    now: float, duration: float | None, draining: float, is_on: bool, does: bool
) -> None:
    """From `--draining_seconds` before the window until it ends, if ever; `--disable_maintenance_mode` ignores it."""
    window = Unavailability(
        start=TimeInfo.of_seconds(1000), duration=DurationInfo.of_seconds(duration) if duration else None
    )
    options = Options(maintenance_mode=is_on, draining_seconds=draining)
    found = match(make_app(), rules={"now": now}, options=options, unavailability=window)

    assert (True if does else [RefusalReason.AGENT_MAINTENANCE]) == (isinstance(found, Match) or found)


@pytest.mark.parametrize(
    ("behavior", "label", "gpus", "does"),
    [
        ("restricted", None, 0, False),
        ("restricted", "unrestricted", 0, True),
        ("unrestricted", None, 0, True),
        ("unrestricted", "restricted", 0, False),
        ("restricted", None, 1, True),
    ],
)
def test_gpus_are_kept_for_those_who_ask(behavior: str, label: str | None, gpus: int, does: bool) -> None:
    """The app's label `GPU_SCHEDULING_BEHAVIOR` overrides the flag."""
    app = make_app(gpus=gpus, labels={"GPU_SCHEDULING_BEHAVIOR": label} if label else {})
    options = Options(gpu_scheduling_behavior=behavior)
    found = match(app, options=options, resources=Resources((*PLAIN, scalar("gpus", 2))))

    assert (True if does else [RefusalReason.DECLINED_SCARCE_RESOURCES]) == (isinstance(found, Match) or found)


def test_every_reason_is_told_in_the_order_of_the_funnel() -> None:
    """An offer that lacks much says all that it lacks; the queue counts the first."""
    unmet = (Constraint("rack", Operator.LIKE, "r1"),)
    app = make_app(cpus=5.0, mem=2048.0, disk=1.0, constraints=unmet, port_definitions=(PortDefinition(),))
    resources = Resources(one for one in PLAIN if one.name != "ports")
    window = Unavailability(start=TimeInfo.of_seconds(0))

    assert [
        RefusalReason.UNFULFILLED_CONSTRAINT,
        RefusalReason.AGENT_MAINTENANCE,
        RefusalReason.INSUFFICIENT_CPUS,
        RefusalReason.INSUFFICIENT_MEMORY,
        RefusalReason.INSUFFICIENT_DISK,
        RefusalReason.INSUFFICIENT_PORTS,
    ] == match(app, resources=resources, unavailability=window)


@pytest.mark.parametrize(("default", "cpus"), [("//cmd", 1.0), ("/opt/run", 1.5)])
def test_the_default_executor_has_its_share(default: str, cpus: float) -> None:
    """An app that says what an executor gets is matched with it where `--executor` gives it one."""
    app = make_app(cpus=1.0, executor_resources=ExecutorResources(cpus=0.5, mem=32, disk=0))
    found = match(app, options=Options(executor=default))

    assert isinstance(found, Match)
    assert Scalar.of(cpus) == found.resources.scalar("cpus")


def test_nothing_is_taken_before_the_launch() -> None:
    """A match alone leaves the offer whole; what is taken of it is gone for the next."""
    offer = Offer(
        id=OfferId("o"), framework_id=FrameworkId("f"), agent_id=AgentId("a"), hostname="h",
        resources=PLAIN, allocation_info=AllocationInfo("*"),
    )  # fmt: skip
    whole = OpenOffer.of(offer, MatchRules(options=Options(), home_region=None, now=0.0))
    app = make_app(cpus=3.0)
    first = whole.match(app, (), Random(1))
    assert isinstance(first, Match)
    assert PLAIN == whole.left
    whole.take(first)
    second = whole.match(app, (), Random(1))

    assert not isinstance(second, Match)
    assert ["cpus: 3 wanted, 1 offered"] == [refusal.message for refusal in second]
