"""Kills, some at once."""

from koinon_core.ids import AgentId, TaskId
from koinon_marathon.instance.kill_queue import KillQueue


def test_kills_out_of_reach_hold_up_no_others() -> None:
    """They are wanted still, take none of the places, and have a turn again when their tasks are back."""
    kills = KillQueue(1)
    for name in "abc":
        kills.add(TaskId(name), AgentId(f"at-{name}"))
    assert ["a"] == kills.take_off()
    kills.put_off(TaskId("a"))
    kills.put_off(TaskId("b"))
    assert ["c"] == kills.take_off()
    assert ("c",) == kills.in_flight
    assert TaskId("a") in kills

    kills.discard(TaskId("c"))
    kills.bring_back(TaskId("a"))
    assert ["a"] == kills.take_off()
    assert "at-a" == kills.agent_of(TaskId("a"))
    assert kills.discard(TaskId("b"))
    assert TaskId("b") not in kills


def test_kills_fly_in_chunks() -> None:
    """So many at once, the next when one is over."""
    kills = KillQueue(2)
    for name in "abc":
        kills.add(TaskId(name), AgentId("x"))

    assert ["a", "b"] == kills.take_off()
    assert [] == kills.take_off()
    assert kills.discard(TaskId("a"))
    assert ["c"] == kills.take_off()
    assert not kills.discard(TaskId("a"))
