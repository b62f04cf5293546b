"""How a hosted framework is told of: in words, in JSON, in HTML."""

from __future__ import annotations

import pytest

from koinon_daemon.flag_values import HostPort
from koinon_frameworks.election import Leadership
from koinon_frameworks.host.fare import Fare, describe, document, numbers
from koinon_frameworks.host.http.page import render_page
from koinon_frameworks.host.messages import Beat, Loaded, Running
from koinon_frameworks.host.restarts import RestartPolicy
from koinon_frameworks.host.watch_events import (
    Ended,
    HostEvent,
    IsLoaded,
    IsRunning,
    LeadershipSuspended,
    MayAct,
    Outcome,
    StopRequested,
    Tick,
)
from koinon_frameworks.host.watch_machine import Patience, WatchMachine

RUN: list[HostEvent] = [Tick(), IsLoaded(), MayAct(1), IsRunning(100.0)]
FAILED = Ended(Outcome.FAILED, "KeyError: 'ouch'")


def make_fare(*events: HostEvent) -> Fare:
    """After these events, all at second 50."""
    machine = WatchMachine("paint", Patience(), RestartPolicy())
    for event in events:
        machine.handle(event, 50.0)
    return Fare(
        name="paint", machine=machine, token="secret-token", leadership=Leadership(me=HostPort("h", 1)), started_at=7.0
    )


@pytest.mark.parametrize(
    ("events", "word", "sentence"),
    [
        ([Tick()], "starting", "paint is starting."),
        ([Tick(), IsLoaded()], "standing by", "paint stands by: h2:2 leads."),
        (RUN, "running", "paint runs, not subscribed to a master."),
        ([*RUN, FAILED], "waiting", "paint is down and starts again in 0.3 seconds. Last failure: KeyError: 'ouch'."),
        ([*RUN, LeadershipSuspended()], "suspended", "paint is held still: the quorum can't be reached"),
        ([*RUN, StopRequested()], "ending", "paint is ending."),
    ],
)
def test_every_state_has_its_sentence(events: list[HostEvent], word: str, sentence: str) -> None:
    """Whoever is refused reads why, and until when."""
    fare = make_fare(*events)
    fare.leadership.leader = HostPort("h2", 2)
    condition = describe(fare, 50.2)

    assert word == condition.word
    assert condition.sentence.startswith(sentence)


def test_blocked_loop_is_said_to_be() -> None:
    """Not answering is not the same as being down."""
    fare = make_fare(*RUN)
    fare.machine.handle(Tick(), 60.0)

    assert "blocked" == describe(fare, 61.0).word
    assert not fare.is_serving


def test_page_shows_all_and_trusts_nothing() -> None:
    """What plugins and masters say is text, never HTML; the token is nobody's business."""
    fare = make_fare(*RUN, FAILED)
    fare.loaded = Loaded(is_elected=True, summary="<b>Paints</b>", options={"color": "<script>"})
    fare.running = Running(
        port=5,
        routes=("GET /a&b",),
        root_routes=("GET /v1",),
        has_page=False,
        framework_name="<i>",
        failover_timeout=100.0,
        roles=("<role>",),
    )
    fare.beat = Beat(framework_id="<id>", numbers={"process/memory_bytes": 3.0})
    page = render_page(document(fare, 50.0, 57.0), numbers(fare, 50.0))

    assert not any(each in page for each in ("<b>", "<script>", "<i>", "<role>", "<id>", "secret-token"))
    assert "GET /paint/a&amp;b" in page
    assert "GET /v1" in page
    assert "starts again in 0.5 seconds" in page
    assert "host/process/memory_bytes" in page
    assert "secret-token" not in str(document(fare, 50.0, 57.0))


def test_who_wants_no_election_never_stands_by() -> None:
    """Between its import and its first run it is starting, and /health says that it is not there yet."""
    fare = make_fare(Tick(), IsLoaded())
    fare.loaded = Loaded(is_elected=False, summary="", options={})

    assert "starting" == describe(fare, 50.2).word
