"""A reader of Marathon as load balancers read it: it keeps backends by the apps' tasks and hears of changes.

Written after what marathon-lb insists on (marathon-v2-api 15): nulls are stripped, events are split on CRLF, only
lines that begin with `data: ` count, and a light plan is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import requests

EVENTS = ("api_post_event", "health_status_changed_event", "status_update_event")
Backends = dict[int, set[str]]
TIMEOUT = 15.0


def without_nulls(found: Any) -> Any:
    """The same JSON, and no key whose value is null."""
    if isinstance(found, dict):
        return {key: without_nulls(value) for key, value in found.items() if value is not None}
    return [without_nulls(value) for value in found] if isinstance(found, list) else found


def read_backends(url: str, group: str) -> Backends:
    """Service port to endpoints of the healthy tasks of every app that is for this load balancer."""
    answer = requests.get(f"{url}/v2/apps", params={"embed": "apps.tasks"}, timeout=TIMEOUT)
    backends: Backends = {}
    for app in without_nulls(answer.json())["apps"]:
        if app["labels"].get("HAPROXY_GROUP") != group:
            continue
        for index, definition in enumerate(app["portDefinitions"]):
            up = [task for task in app["tasks"] if _is_up(app, task)]
            backends[definition["port"]] = {f"{task['host']}:{task['ports'][index]}" for task in up}
    return backends


def _is_up(app: dict[str, Any], task: dict[str, Any]) -> bool:
    results = task["healthCheckResults"]
    checked = len(results) >= len(app["healthChecks"]) and all(result["alive"] for result in results)
    return bool(task["state"] == "TASK_RUNNING" and checked)


def hear(url: str) -> Iterator[dict[str, Any]]:
    """Events for ever, beginning with who it was led to; a standby's redirect is followed."""
    parameters = {"plan-format": "light", "event_type": [*EVENTS, "event_stream_attached"]}
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-cache", "Accept-Encoding": "gzip"}
    with requests.get(f"{url}/v2/events", params=parameters, headers=headers, stream=True, timeout=TIMEOUT) as response:
        response.raise_for_status()
        for chunk in response.iter_content(chunk_size=None):
            for line in chunk.decode().split("\r\n"):
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))
