"""Counting why agents are not offered."""

from __future__ import annotations

from typing import Any

import pytest

from koinon_cli.errors import NotFound
from koinon_cli.explanation import ALL_AGENTS, Refusals, limits_reached


def refuse(number: int, found: str, reason: str, framework: str = "a") -> dict[str, Any]:
    return {
        "framework_id": f"id-{framework}",
        "framework_name": framework,
        "role": "r",
        "agent_id": f"M-S{number}",
        "hostname": f"h{number}",
        "filter": found,
        "reason": reason,
    }


def test_equal_reasons_are_counted() -> None:
    """The most frequent first; of another framework they are others."""
    refusals = Refusals(
        [
            refuse(1, "region", "far"),
            refuse(2, "limit", "full"),
            refuse(3, "limit", "full"),
            refuse(1, "limit", "full", "b"),
        ]
    )

    assert [
        ("2", "a", "r", "limit", "full"),
        ("1", "a", "r", "region", "far"),
        ("1", "b", "r", "limit", "full"),
    ] == refusals.rows_by_reason()


def test_reasons_that_differ_in_figures_are_cut() -> None:
    """A thousand agents with a little free each are not a thousand lines."""
    refusals = Refusals([refuse(number, "too little", f"cpus:0.{number}") for number in range(1, 10)])
    rows = refusals.rows_by_reason()

    assert ["1", "1", "1", "6"] == [row[0] for row in rows]
    assert "--agent" in rows[-1][-1]


@pytest.mark.parametrize("agent", ["h2", "M-S2", "S2"])
def test_one_agent_is_found_by_each_name(agent: str) -> None:
    """Host, id, and the end of the id."""
    refusals = Refusals([refuse(1, "region", "far"), refuse(2, "limit", "full")])

    assert [("a", "r", "h2", "limit", "full")] == refusals.rows_by_agent(agent)
    assert 2 == len(refusals.rows_by_agent(ALL_AGENTS))


def test_agent_without_refusals_is_not_found() -> None:
    """Rather than an empty table."""
    with pytest.raises(NotFound):
        Refusals([refuse(1, "region", "far")]).rows_by_agent("h9")


def test_roles_whose_limits_go_unsaid() -> None:
    """What is refused may be what a limit left; who is at a limit by name needs no second word."""
    assert frozenset({"r"}) == Refusals([refuse(1, "limit", "full"), refuse(2, "refused", "mem:9")]).roles
    assert frozenset() == Refusals([refuse(1, "limit", "full")]).roles


def test_limit_that_is_reached_is_told() -> None:
    """Only where the role, or the outermost above it, is held back; what is not limited does not count."""
    quota = {"limit": {"cpus": 2.0, "mem": 512.0}, "consumed": {"cpus": 2.0, "mem": 64.0, "disk": 9.0}}
    roles = [{"name": "eng", "quota": quota}, {"name": "web", "quota": {"limit": {}, "consumed": {"cpus": 9.0}}}]
    told = limits_reached(roles, {"eng/backend", "web"})

    assert ["role eng has all that its quota allows of cpus:2: no more of that is offered"] == told
    assert [] == limits_reached(roles, {"web"})
