"""When offers are asked for and when they are not wanted: Marathon's rule, and what a scheduler says to its driver."""

from __future__ import annotations

import pytest

from koinon_core.scheduler_api import Revive, Suppress
from koinon_frameworks.driver.demand import OfferDemand, RoleDemand
from koinon_frameworks.errors import UnknownRoleError

INTERVAL = 5.0
ROLES = ("dev", "prod")


def demand(*suppressed: str) -> RoleDemand:
    """That of a framework whose SUBSCRIBE has gone out."""
    made = RoleDemand(ROLES, suppressed, INTERVAL)
    made.note_subscribing()
    return made


def test_whoever_says_nothing_calls_nothing() -> None:
    """Offers come by themselves: a scheduler that has no wishes makes no calls."""
    assert [] == demand().due(0.0)


def test_unwanted_roles_are_suppressed_once() -> None:
    """However often it is said."""
    told = demand()
    told.want(["dev"], wanted=False)
    first = told.due(0.0)
    told.want(["dev"], wanted=False)

    assert [Suppress(("dev",))] == first
    assert [] == told.due(1.0)


def test_wish_clears_what_was_refused() -> None:
    """Something new to place: a role that gets offers is revived all the same, as filters keep some away."""
    told = demand()
    told.want([], wanted=True)

    assert [Revive(("dev", "prod"))] == told.due(0.0)


def test_flood_of_wishes_is_one_revive_an_interval() -> None:
    """The first goes out at once, all others together when they may."""
    told = demand()
    sent = []
    for tenth in range(100):
        told.want(["dev"], wanted=True)
        sent += [(tenth / 10, call) for call in told.due(tenth / 10)]

    assert [(0.0, Revive(("dev",))), (5.0, Revive(("dev",)))] == sent
    assert 10.0 == told.deadline


def test_subscription_says_what_is_suppressed() -> None:
    """What was said while there was none is in SUBSCRIBE, and is no call any more."""
    told = demand("prod")
    told.want(["dev"], wanted=False)
    told.want(["prod"], wanted=True)
    suppressed = told.note_subscribing()

    assert ("dev",) == suppressed
    assert [] == told.due(0.0)


def test_wish_after_subscribing_is_made_up_for() -> None:
    """A wish between SUBSCRIBE and its answer goes out as soon as it may."""
    told = demand("prod")
    told.want(["prod"], wanted=True)

    assert [Revive(("prod",))] == told.due(0.0)


def test_calls_by_hand_hold_like_wishes() -> None:
    """A SUPPRESS of the scheduler's own is in the next SUBSCRIBE, and its REVIVE counts for the spacing."""
    told = demand()
    told.note_call(Suppress(()), 0.0)
    suppressed = told.suppressed
    told.note_call(Revive(("dev",)), 1.0)
    told.want(["dev"], wanted=True)

    assert ROLES == suppressed
    assert [] == told.due(2.0)
    assert 6.0 == told.deadline
    assert ("prod",) == told.suppressed


def test_lost_revive_is_made_again() -> None:
    """Nothing else would bring offers."""
    told = demand("dev")
    told.want(["dev"], wanted=True)
    [revive] = told.due(0.0)
    told.note_lost(revive)

    assert [] == told.due(1.0)
    assert [Revive(("dev",))] == told.due(5.0)


def test_role_of_somebody_else_is_refused_by_name() -> None:
    """A SUBSCRIBE that suppressed it would be the framework's end."""
    with pytest.raises(UnknownRoleError, match="role 'test' is none of this framework's: dev, prod"):
        demand().want(["test"], wanted=False)
    with pytest.raises(UnknownRoleError, match="role 'test'"):
        demand("test")


def test_call_by_hand_with_a_strange_role_does_not_reach_subscribe() -> None:
    """The master refused that call; it must not refuse the framework next."""
    told = demand()
    told.note_call(Suppress(("test",)), 0.0)

    assert () == told.suppressed


def test_framework_described_anew_has_other_roles() -> None:
    """Roles that went are neither suppressed nor revived."""
    told = demand("prod")
    told.note_roles(("dev", "test"), ("test", "prod"))
    told.want([], wanted=True)

    assert [Revive(("dev", "test"))] == told.due(0.0)


def test_new_master_is_told_all_again() -> None:
    """By one who tells everything itself, as Marathon does: every role is revived or suppressed, without delay."""
    told = OfferDemand(INTERVAL)
    told.note_role("*")
    told.settle({"dev"}, 0.0)
    told.forget_master()

    assert [Suppress(("*",)), Revive(("dev",))] == told.settle({"dev"}, 1.0)


def test_suppressing_can_be_switched_off() -> None:
    """Then nothing but revives goes out."""
    told = OfferDemand(INTERVAL, suppresses=False)
    told.note_role("*")

    assert [Revive(("dev",))] == told.settle({"dev"}, 0.0)
    assert [] == told.settle(set(), 1.0)
