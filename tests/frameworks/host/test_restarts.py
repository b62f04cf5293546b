"""How long a plugin that failed waits, and how often it may fail."""

from __future__ import annotations

import pytest

from koinon_frameworks.host.epochs import epoch_of
from koinon_frameworks.host.restarts import RestartPolicy

POLICY = RestartPolicy(max_failures=3, stable_after=60)


@pytest.mark.parametrize(
    ("failures", "failover_timeout", "delay"),
    [(1, 3600, 0.5), (2, 3600, 1.0), (5, 3600, 8.0), (50, 3600, 60.0), (50, 20, 5.0), (1, 0.001, 0.1)],
)
def test_delay_doubles_within_a_share_of_the_failover_timeout(
    failures: int, failover_timeout: float, delay: float
) -> None:
    """Whoever comes back later than the failover timeout has no tasks left: a quarter of it is the most."""
    assert delay == POLICY.decide_delay(failures, failover_timeout)


def test_failures_count_in_a_row() -> None:
    """A long run between two of them begins anew; zero allows any number."""
    assert 3 == POLICY.count(2, ran_for=59)
    assert 1 == POLICY.count(2, ran_for=60)
    assert not POLICY.is_too_many(2)
    assert POLICY.is_too_many(3)
    assert not RestartPolicy(max_failures=0).is_too_many(1000)


def test_epochs_grow_from_run_to_run_and_from_term_to_term() -> None:
    """The first run of a term is above the last one of the term before."""
    assert epoch_of(3, 1) < epoch_of(3, 2) < epoch_of(4, 1)
    assert epoch_of(3, 999_999) < epoch_of(4, 1)
    with pytest.raises(ValueError, match="no run 0"):
        epoch_of(3, 0)
