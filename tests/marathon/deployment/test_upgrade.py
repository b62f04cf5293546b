"""The arithmetic of rolling restarts: the table of marathon-semantics 4."""

import attrs
import pytest

from koinon_marathon.definition.app_container import Container
from koinon_marathon.definition.apps import UpgradeStrategy
from koinon_marathon.definition.volumes import PersistentInfo, PersistentVolume
from koinon_marathon.deployment.upgrade import launches, restart_strategy
from support.marathon_world import make_app

_DATA = Container(volumes=(PersistentVolume(container_path="data", persistent=PersistentInfo(size=10)),))

_TABLE = [
    # n, mhc, moc, current, healthy -> min healthy, max capacity, kill now; first launches
    ((4, 1, 1, 4, 4), (4, 8, 0), 4),
    ((4, 1, 0, 4, 4), (4, 5, 0), 1),
    ((4, 0.5, 0, 4, 4), (2, 4, 2), 0),
    ((4, 0, 0, 4, 4), (0, 4, 4), 0),
    ((10, 0.8, 0.2, 10, 10), (8, 12, 2), 2),
    ((3, 0.7, 0, 3, 3), (3, 4, 0), 1),
    ((3, 1, 0.2, 3, 3), (3, 4, 0), 1),
    ((1, 0.5, 0, 1, 1), (1, 2, 0), 1),
    ((1, 0.5, 0, 0, 0), (1, 1, 0), 1),
    ((2, 0.5, 0, 2, 2), (1, 2, 1), 0),
    ((6, 1, 0.5, 10, 10), (6, 9, 4), 0),
]
_RESIDENT = [
    ((5, 0.5, 0, 5, 5), (3, 5, 2), 0),
    ((5, 1, 0, 5, 5), (5, 5, 1), 0),
    ((1, 0.5, 0, 1, 1), (1, 1, 1), 0),
]
_ROWS = [(False, *row) for row in _TABLE] + [(True, *row) for row in _RESIDENT]


@pytest.mark.parametrize(("is_resident", "case", "expected", "first"), _ROWS)
def test_strategy(
    case: tuple[int, float, float, int, int], expected: tuple[int, int, int], first: int, *, is_resident: bool
) -> None:
    """Each row of the table: killed ones hold their place until they have ended."""
    instances, health, over, current, healthy = case
    strategy = UpgradeStrategy(minimum_health_capacity=health, maximum_over_capacity=over)
    app = make_app(instances=instances, upgrade_strategy=strategy, container=_DATA if is_resident else None)

    found = restart_strategy(app, current, healthy)

    assert expected == attrs.astuple(found)
    assert first == launches(app, found, others=current, started=0)


def test_shares_are_decimal() -> None:
    """10 * 1.1 is 11 instances, and 70 % of 10 is 7, whatever binary fractions make of it."""
    strategy = UpgradeStrategy(minimum_health_capacity=0.7, maximum_over_capacity=0.1)

    found = restart_strategy(make_app(instances=10, upgrade_strategy=strategy), 10, 10)

    assert (7, 11, 3) == attrs.astuple(found)


def test_no_more_start_than_are_wanted() -> None:
    """Room for eight and four started of four: none."""
    app = make_app(instances=4)

    assert 0 == launches(app, restart_strategy(app, 4, 4), others=0, started=4)
