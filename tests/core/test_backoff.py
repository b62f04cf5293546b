"""Delays grow to their bound."""

from random import Random

from koinon_core.backoff import Backoff


def test_delays_double_up_to_the_maximum() -> None:
    """Without jitter the delays are exact, and a very high attempt is no overflow."""
    backoff = Backoff(initial=1, maximum=60)

    assert [1, 2, 4, 60, 60] == [backoff.delay(attempt, Random(0)) for attempt in (0, 1, 2, 10, 100_000)]


def test_jitter_only_shortens() -> None:
    """Half of each delay is left to chance."""
    backoff = Backoff(initial=8, maximum=8, jitter=0.5)
    rng = Random(1)

    assert all(4 <= backoff.delay(0, rng) <= 8 for _ in range(100))
