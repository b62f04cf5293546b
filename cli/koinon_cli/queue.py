"""``koinon queue``: what waits to be launched."""

from __future__ import annotations

from typing import Any

import click

from .app_why import explain, spec_of
from .completion import QUEUED
from .settings import Settings, json_option, show_json


@click.group()
def queue() -> None:
    """The launch queue: what waits to run, and why."""


@queue.command("list")
@json_option
@click.pass_obj
def list_queue(settings: Settings, as_json: bool) -> None:
    """List what waits, since when, and for what."""
    document = settings.ask_marathon("GET", "/v2/queue", embed="explanation").document
    if as_json:
        show_json(document)
        return
    rows = [
        (
            spec_of(item)["id"],
            str(item["count"]),
            item["since"],
            f"{item['delay']['timeLeftSeconds']} s" if not item["delay"]["overdue"] else "-",
            _reason(item),
        )
        for item in document["queue"]
    ]
    settings.show_table(("ID", "WAITING", "SINCE", "DELAY", "WHY"), rows)


@queue.command("show")
@QUEUED
@json_option
@click.pass_obj
def show_queue(settings: Settings, spec_id: str, as_json: bool) -> None:
    """Say why one waits, agent by agent."""
    explain(settings, spec_id, as_json)


@queue.command("reset")
@QUEUED
@json_option
@click.pass_obj
def reset(settings: Settings, spec_id: str, as_json: bool) -> None:
    """End the delay after failures: it launches at once."""
    settings.ask_marathon("DELETE", f"/v2/queue/{spec_id.strip('/')}/delay")
    if as_json:
        show_json({"id": spec_id})
    else:
        settings.say(f"{spec_id} waits no longer for its failures")


def _reason(item: dict[str, Any]) -> str:
    refused = [each for each in item["processedOffersSummary"]["rejectSummaryLastOffers"] if each["declined"]]
    counted = [f"{each['reason']}: {each['declined']} of {each['processed']} offers" for each in refused]
    return "; ".join([*item.get("explanation", ()), *counted]) or "-"
