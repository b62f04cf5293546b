"""Use over time: which points stay, and what a point says."""

from __future__ import annotations

from fakes.master_bench import MasterBench
from fakes.ui_bench import UiBench
from koinon_core.agent_link import UsageReport
from koinon_master.ui.usage import RETENTION, Point, Step, UsageHistory


def times(history: UsageHistory) -> list[float]:
    """Of the points that stay, the oldest first."""
    return [point.at for point in history]


def test_points_are_thinned_as_they_get_older() -> None:
    """Each second for four, then one in three for nine more."""
    history = UsageHistory((Step(1, 4), Step(3, 12)))
    for at in range(100, 121):
        history.add(Point(float(at), b""))

    assert [111.0, 114.0, 117.0, 118.0, 119.0, 120.0] == times(history)


def test_two_points_of_one_moment_are_one() -> None:
    """The first one."""
    history = UsageHistory((Step(10, 100),))
    for at in (100.0, 104.0, 110.0):
        history.add(Point(at, b""))

    assert [100.0, 110.0] == times(history)


def test_a_day_takes_no_more_than_that() -> None:
    """Ten seconds for an hour, a minute for the rest of the day, and no point twice."""
    history = UsageHistory()
    for number in range(3 * 8640):
        history.add(Point(1e9 + 10.0 * number, b""))
    found = times(history)

    assert 360 + 23 * 60 == len(found) == len(set(found))
    assert sorted(found) == found
    assert (10.0, 24 * 3600.0) == (RETENTION[0].every, RETENTION[-1].until)


def test_a_point_says_what_is_and_what_is_used() -> None:
    """Of the agents that measure."""
    bench = MasterBench()
    agents = [bench.add_agent("cpus:4;mem:1024") for _ in range(3)]
    bench.launch(bench.add_framework(), "t1", resources="cpus:1;mem:64")
    for agent_id in agents[:2]:
        bench.say(agent_id, UsageReport(cpus=0.25, mem=10.5))
    ui = UiBench(bench)
    ui.source.take_point()
    bench.now += 10
    bench.break_link(agents[0])
    ui.source.take_point()
    rows = ui.rows("usage")

    assert ["1000", "1010"] == list(rows)
    assert {"cpus": 0.5, "mem": 21.0} == rows["1000"]["used"]
    assert {"cpus": 0.25, "mem": 10.5} == rows["1010"]["used"]
    assert {"cpus": 12.0, "mem": 3072.0} == rows["1000"]["total"]
    assert {"cpus": 1.0, "mem": 64.0} == rows["1000"]["allocated"]
    assert {"cpus": 8.0, "mem": 2048.0} == rows["1000"]["offered"]
