"""Frameworks that are refused, each in the words that Mesos has for it."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, make_framework
from koinon_core.frameworks import FrameworkInfo, MinAllocatableResources, OfferFilters, ResourceQuantities
from koinon_core.ids import FrameworkId
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import Error, Subscribed
from koinon_master.config import MasterConfig
from koinon_master.validation.frameworks import find_framework_problem, find_update_problem

OPEN = MasterConfig(registry="in_memory")
STRICT = MasterConfig(registry="in_memory", root_submissions=False, roles=("a", "b"))


def at_least(**amounts: float) -> dict[str, OfferFilters]:
    """An offer filter for role a, which need not be the framework's."""
    quantities = ResourceQuantities({name: Scalar.of(amount) for name, amount in amounts.items()})
    return {"a": OfferFilters(MinAllocatableResources((quantities,)))}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"name": "", "user": ""}, None),
        ({"roles": ()}, None),
        ({"role": "a"}, "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable"),
        (
            {"capabilities": ()},
            "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable",
        ),
        (
            {"capabilities": (), "roles": (), "role": "-x"},
            "'FrameworkInfo.role' is not a valid role: Role component '-x' is invalid because it starts with a dash",
        ),
        ({"roles": ("a", "b", "a")}, "'FrameworkInfo.roles' contains duplicate items: { a }"),
        (
            {"roles": ("a/",)},
            "'FrameworkInfo.roles' contains invalid role: Role 'a/' cannot end with a slash",
        ),
        ({"id": FrameworkId("a/b")}, "'a/b' contains invalid characters"),
        ({"id": FrameworkId("x" * 256)}, "ID must not be greater than 255 characters"),
        ({"failover_timeout": -1.0}, None),
        ({"failover_timeout": 9_223_372_036.0}, None),
        ({"failover_timeout": 9.3e9}, "The framework failover_timeout (9.3e+09) is invalid"),
        ({"failover_timeout": float("inf")}, "The framework failover_timeout (inf) is invalid"),
        ({"failover_timeout": float("nan")}, "The framework failover_timeout (nan) is invalid"),
        ({"offer_filters": at_least(cpus=0)}, None),
        ({"offer_filters": {"a": OfferFilters()}}, None),
        ({"offer_filters": at_least()}, "Resource quantities must contain at least one quantity"),
        (
            {"offer_filters": at_least(cpus=-1)},
            "Invalid resource quantity for 'cpus': Negative values not supported",
        ),
    ],
)
def test_wrong_frameworks(changes: dict[str, Any], problem: str | None) -> None:
    """What a framework says of itself."""
    info = evolve(make_framework("f", "a"), **changes)

    assert problem == find_framework_problem(info, (), OPEN)


@pytest.mark.parametrize(
    ("info", "problem"),
    [
        (make_framework("f", "a", "b"), None),
        (make_framework("f"), None),
        (make_framework("f", "z", "y", "a"), "Roles { y, z } are not present in the master's --roles"),
        (
            evolve(make_framework("f"), user="root"),
            "User 'root' is not allowed to run frameworks without --root_submissions set",
        ),
    ],
)
def test_flags_of_the_master_narrow_who_may_come(info: FrameworkInfo, problem: str | None) -> None:
    """--roles and --no-root_submissions; the default role is everybody's."""
    assert problem == find_framework_problem(info, (), STRICT)


def test_roles_are_suppressed_by_their_own_framework() -> None:
    """The default role is one, too."""
    assert find_framework_problem(make_framework("f"), ("*",), OPEN) is None
    assert "Suppressed role 'b' is not contained in the list of roles" == find_framework_problem(
        make_framework("f", "a"), ("a", "b"), OPEN
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": "new", "hostname": "h", "failover_timeout": 5.0, "roles": ("z",)}, None),
        ({"principal": "p", "user": "x"}, "Changing framework's principal is not allowed."),
        (
            {"user": "bob", "checkpoint": True},
            "Updating 'FrameworkInfo.user' is unsupported; attempted to update from 'nobody' to 'bob'",
        ),
        (
            {"checkpoint": True},
            "Updating 'FrameworkInfo.checkpoint' is unsupported; attempted to update from 'false' to 'true'",
        ),
    ],
)
def test_what_an_update_may_not_change(changes: dict[str, Any], problem: str | None) -> None:
    """Principal, user and checkpoint."""
    info = make_framework("f", "a")

    assert problem == find_update_problem(info, evolve(info, **changes))


def test_refused_framework_reads_why_on_its_stream_and_is_not_known() -> None:
    """An ERROR is all it hears; the stream closes after it."""
    bench = MasterBench()

    stream_id = bench.subscribe(make_framework("f", "a/"))

    (error,) = bench.events[stream_id]
    assert isinstance(error, Error)
    assert bench.closed[stream_id] == error.message
    assert [] == bench.heard(stream_id, Subscribed)
    assert {} == bench.master.state.frameworks
