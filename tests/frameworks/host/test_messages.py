"""The lines between the two processes of a hosted framework."""

from __future__ import annotations

import pytest

from koinon_frameworks.host.messages import (
    Beat,
    BrokenMessage,
    EndOrder,
    Failed,
    Failing,
    Finished,
    Loaded,
    Order,
    Report,
    Running,
    Start,
    Told,
    decode_order,
    decode_report,
    encode,
)

REPORTS: list[Report] = [
    Loaded(is_elected=True, summary="Paints.", options={"color": "red"}),
    Running(
        port=1,
        routes=("GET /a",),
        root_routes=(),
        has_page=False,
        framework_name="p",
        failover_timeout=1.5,
        roles=("*",),
    ),
    Beat(is_subscribed=True, framework_id="F", numbers={"a": 1.0}),
    Failed(at=Failing.STARTING, why="ouch", traceback="here\nthere"),
    Finished(kind="stopped"),
    Told("help\n"),
]


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: type(report).__name__)
def test_reports_come_as_they_were_sent(report: Report) -> None:
    """One line each, whatever is in them."""
    line = encode(report)

    assert report == decode_report(line)
    assert 1 == line.count(b"\n")


@pytest.mark.parametrize("order", [Start(epoch=7, url="http://h/p", token="t"), EndOrder(teardown=True)])
def test_orders_come_as_they_were_sent(order: Order) -> None:
    """As reports do."""
    assert order == decode_order(encode(order))


@pytest.mark.parametrize("line", [b"", b"x\n", b"[]\n", b"{}\n", b'{"type":"Nobody"}\n', b'{"type":"Running"}\n'])
def test_what_is_no_message_is_told(line: bytes) -> None:
    """A plugin that writes into the line is no reason for the host to end."""
    with pytest.raises(BrokenMessage, match="not a message"):
        decode_report(line)


def test_text_that_is_no_unicode_does_not_stop_a_report() -> None:
    """Words of a command line may be any bytes, and so may what an exception says."""
    told = decode_report(encode(Failed(at=Failing.STARTING, why="no file \udcff")))

    assert Failed(at=Failing.STARTING, why="no file ?") == told
