"""The arithmetic of rolling restarts: the table of marathon-semantics 4."""

import attrs
import pytest

from koinon_marathon.definition.apps import UpgradeStrategy
from koinon_marathon.deployment.upgrade import restart_strategy
from support.marathon_world import make_app

_TABLE = [
    # n, mhc, moc, current, healthy -> min healthy, max capacity, kill now
    ((4, 1, 1, 4, 4), (4, 8, 0)),
    ((4, 1, 0, 4, 4), (4, 5, 0)),
    ((4, 0.5, 0, 4, 4), (2, 4, 2)),
    ((4, 0, 0, 4, 4), (0, 4, 4)),
    ((10, 0.8, 0.2, 10, 10), (8, 12, 2)),
    ((3, 0.7, 0, 3, 3), (3, 4, 0)),
    ((3, 1, 0.2, 3, 3), (3, 4, 0)),
    ((1, 0.5, 0, 1, 1), (1, 2, 0)),
    ((1, 0.5, 0, 0, 0), (1, 1, 0)),
    ((2, 0.5, 0, 2, 2), (1, 2, 1)),
    ((6, 1, 0.5, 10, 10), (6, 9, 4)),
]


@pytest.mark.parametrize(("case", "expected"), _TABLE)
def test_strategy(case: tuple[int, float, float, int, int], expected: tuple[int, int, int]) -> None:
    """Each row of the table, without the resident ones."""
    instances, health, over, current, healthy = case
    strategy = UpgradeStrategy(minimum_health_capacity=health, maximum_over_capacity=over)

    found = restart_strategy(make_app(instances=instances, upgrade_strategy=strategy), current, healthy)

    assert expected == attrs.astuple(found)


def test_shares_are_decimal() -> None:
    """10 * 1.1 is 11 instances, and 70 % of 10 is 7, whatever binary fractions make of it."""
    strategy = UpgradeStrategy(minimum_health_capacity=0.7, maximum_over_capacity=0.1)

    found = restart_strategy(make_app(instances=10, upgrade_strategy=strategy), 10, 10)

    assert (7, 11, 3) == attrs.astuple(found)
