"""How often a daemon is started again."""

import pytest

from koinon_cli.up.restarts import MAX_RESTARTS, Restarts, describe_last_end
from koinon_daemon.errors import ExitCode


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


def test_never_gives_up_on_one_that_is_turned_away() -> None:
    """An agent whose machine is down for maintenance may be welcome any time: it asks every ten seconds."""
    assert [0.5, 1.0, 10.0] == [end(*range(count)).decide_return() for count in (1, 2, 3 * MAX_RESTARTS)]


def test_forgets_what_is_long_ago() -> None:
    """A daemon that ends once an hour is started again for ever."""
    assert 0.5 == end(*(3600.0 * number for number in range(50))).decide_delay()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (ExitCode.CLEAN, "has done its work"),
        (ExitCode.FRAMEWORK_REMOVED, "was removed by the master"),
        (ExitCode.PLUGIN_FAILED, "was given up by its host, after it had tried again and again"),
        (ExitCode.LOST_LEADERSHIP, None),
        (ExitCode.FAILURE, None),
        (-9, None),
    ],
)
def test_framework_that_is_done_is_not_begun_anew(code: int, told: str | None) -> None:
    """Its host tried again where that was right: whoever starts the host once more would have the work done twice."""
    assert told == describe_last_end(code)
