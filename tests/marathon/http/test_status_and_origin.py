"""What our clients may ask of an app that Marathon's never see, and who is said to have changed it."""

from __future__ import annotations

from fakes.marathon_desk import Desk
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.timeline import Kind


async def test_status_word_is_told_who_asks_for_it(desk: Desk) -> None:
    """A suspended app says so under a key that no other client sees."""
    await desk.ask("POST", "/v2/apps", {"id": "/web", "cmd": "sleep 9", "instances": 0})
    asked = await desk.ask("GET", "/v2/apps?embed=apps.status")
    plain = await desk.ask("GET", "/v2/apps")
    one = await desk.ask("GET", "/v2/apps/web?embed=app.status")

    expected = {"word": "Suspended", "why": "0 instances are wanted"}
    assert expected == asked.body["apps"][0]["status"] == one.body["app"]["status"]
    assert "status" not in plain.body["apps"][0]


async def test_status_is_never_an_old_one(desk: Desk) -> None:
    """An app that was asked about before is asked anew: its word may change by time alone."""
    await desk.ask("POST", "/v2/apps", {"id": "/web", "cmd": "sleep 9", "instances": 1})
    first = await desk.ask("GET", "/v2/apps/web?embed=app.status")
    await desk.run_tasks()
    second = await desk.ask("GET", "/v2/apps/web?embed=app.status")

    assert ["Waiting", "Running"] == [each.body["app"]["status"]["word"] for each in (first, second)]


async def test_timeline_says_from_where_a_request_came(desk: Desk) -> None:
    """Every way to change an app carries the sender's address into its timeline."""
    await desk.ask("POST", "/v2/apps", {"id": "/web", "cmd": "sleep 9"})
    await desk.run_tasks()
    await desk.ask("PUT", "/v2/apps/web", {"instances": 2})
    await desk.ask("DELETE", "/v2/apps/web/tasks")
    await desk.ask("DELETE", "/v2/apps/web?force=true")
    entries = desk.service.state.timeline.entries(PathId("/web"))

    assert [
        "created by 127.0.0.1",
        "changed by 127.0.0.1",
        "kill of 1 instance asked for by 127.0.0.1",
        "removed by 127.0.0.1",
    ] == [entry.text for _, entry in entries if entry.kind is Kind.REQUEST]
