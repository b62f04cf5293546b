"""Why an app waits, from Marathon's launch queue (marathon-v2-api 9)."""

from __future__ import annotations

from typing import Any

from .settings import Settings

_MOST_AGENTS = 20


def sum_up_waiting(settings: Settings, app_id: str) -> list[str]:
    """How many instances wait, and for what, counted over the offers; empty when none does."""
    return [line for item in _find(settings, app_id) for line in _sum_up(item)]


def explain_waiting(settings: Settings, app_id: str) -> list[str]:
    """The same, then what each agent's last offer lacked."""
    return [line for item in _find(settings, app_id) for line in _sum_up(item) + _by_agent(item)]


def _find(settings: Settings, app_id: str) -> list[dict[str, Any]]:
    queue = settings.ask_marathon("GET", "/v2/queue", embed="lastUnusedOffers").document["queue"]
    return [item for item in queue if item.get("app", {}).get("id") == app_id and item.get("count")]


def _sum_up(item: dict[str, Any]) -> list[str]:
    is_delayed = item.get("delay", {}).get("timeLeftSeconds", 0) > 0
    lines = [f"waiting to start {item['count']}" + (", after a pause, as it failed" if is_delayed else "")]
    refusals = item.get("processedOffersSummary", {}).get("rejectSummaryLastOffers", ())
    lines += [
        f"  {each['reason']}: {each['declined']} of {each['processed']} offers" for each in refusals if each["declined"]
    ]
    return lines


def _by_agent(item: dict[str, Any]) -> list[str]:
    unused = item.get("lastUnusedOffers", ())
    lines = [f"  {_place(each['offer'])}: {', '.join(each['reason'])}" for each in unused[:_MOST_AGENTS]]
    left_out = len(unused) - len(lines)
    return [*lines, f"  and {left_out} more agents"] if left_out else lines


def _place(offer: dict[str, Any]) -> str:
    values = {each["name"]: each.get("text", each.get("scalar")) for each in offer.get("attributes", ())}
    attributes = " ".join(f"{name}:{value}" for name, value in values.items() if value is not None)
    return f"{offer['hostname']} ({attributes})" if attributes else str(offer["hostname"])
