"""How often a daemon is started again."""

from koinon_cli.up.restarts import MAX_RESTARTS, Restarts


def end(*moments: float) -> Restarts:
    restarts = Restarts()
    for moment in moments:
        restarts = restarts.add(moment)
    return restarts


def test_pauses_double() -> None:
    """The first restart comes soon, each further one after twice the time."""
    assert [0.5, 1.0, 2.0] == [end(*range(count)).decide_delay() for count in (1, 2, 3)]


def test_gives_up_on_one_that_keeps_ending() -> None:
    """More than five ends within a minute are too many."""
    assert end(*range(MAX_RESTARTS)).decide_delay() is not None
    assert end(*range(MAX_RESTARTS + 1)).decide_delay() is None


def test_forgets_what_is_long_ago() -> None:
    """A daemon that ends once an hour is started again for ever."""
    assert 0.5 == end(*(3600.0 * number for number in range(50))).decide_delay()
