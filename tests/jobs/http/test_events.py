"""The stream of events, and the hub behind it: what is stored is told, once, to those who want it."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import ClientResponse
from attrs import define, field

from fakes.jobs_desk import JobsDesk
from koinon_core.tasks import TaskState
from koinon_jobs.http.event_hub import EventHub, Listener
from koinon_jobs.job import Job
from koinon_jobs.schedule import JobName, Once

JOB = {"schedule": {"cron": "@daily"}, "command": "true"}


@define(eq=False)
class Kept:
    """An outlet that remembers."""

    frames: list[bytes] = field(factory=list)

    def send_frame(self, frame: bytes) -> bool:
        """It is written."""
        self.frames.append(frame)
        return True


async def read(response: ClientResponse, count: int) -> list[tuple[str, dict[str, Any]]]:
    """The next events: type and JSON."""
    found: list[tuple[str, dict[str, Any]]] = []
    while len(found) < count:
        line = (await response.content.readline()).decode().strip()
        if line.startswith("event: "):
            data = (await response.content.readline()).decode().removeprefix("data: ")
            found.append((line.removeprefix("event: "), json.loads(data)))
    return found


async def test_stream_tells_a_run_from_its_making_to_its_end(desk: JobsDesk) -> None:
    """A job that is put and run: each event comes with the run as the history shows it."""
    async with desk.session.get(f"{desk.url}/jobs/events") as response:
        await response.content.readline()
        await desk.ask("PUT", "/jobs/jobs/a", JOB)
        await desk.ask("POST", "/jobs/jobs/a/run")
        desk.run_all(1.0)
        await desk.ask("DELETE", "/jobs/jobs/a")
        told = await read(response, 6)

    assert "text/event-stream" == response.headers["Content-Type"]
    assert ["job_changed", "run_changed", "run_changed", "run_started", "run_ended", "job_removed"] == [
        kind for kind, _ in told
    ]
    assert ["PENDING", "LAUNCHED", "RUNNING", "SUCCEEDED"] == [body["run"]["state"] for _, body in told[1:5]]


async def test_stream_tells_only_what_is_asked_for(desk: JobsDesk) -> None:
    """Types and jobs that the query names, and nothing else."""
    async with desk.session.get(f"{desk.url}/jobs/events?type=run_ended&type=job_removed&job=b") as response:
        await response.content.readline()
        for name in ("a", "b"):
            await desk.ask("PUT", f"/jobs/jobs/{name}", JOB)
            await desk.ask("POST", f"/jobs/jobs/{name}/run")
        desk.run_all(1.0, TaskState.TASK_FAILED)
        await desk.ask("DELETE", "/jobs/jobs/b")
        told = await read(response, 2)

    assert [("run_ended", "b"), ("job_removed", "b")] == [(kind, body["job"]) for kind, body in told]


async def test_reader_that_leaves_is_forgotten(desk: JobsDesk) -> None:
    """When the connection is closed nobody listens any more."""
    response = await desk.session.get(f"{desk.url}/jobs/events")
    await response.content.readline()
    listening = len(desk.desk.hub.listeners)
    response.close()
    while desk.desk.hub.listeners:
        await desk.ask("GET", "/ping")

    assert 1 == listening


def test_hub_frames_an_event_once_for_all_that_hear_it() -> None:
    """Two listeners get the same bytes, a third that wants another job none."""
    hub, outlets = EventHub(), (Kept(), Kept(), Kept())
    hub.listeners |= {Listener(outlets[0]), Listener(outlets[1]), Listener(outlets[2], jobs=frozenset({"b"}))}
    hub.tell((Job(name=JobName("a"), schedule=Once(0.0), command="true"),), ())
    first, second, third = (outlet.frames for outlet in outlets)

    assert [b'event: job_changed\r\ndata: {"job":"a"}\r\n\r\n'] == first
    assert first[0] is second[0]
    assert [] == third
