"""``/import``: all jobs of a Chronos at once, as ``GET /v1/scheduler/jobs`` of it told them, in whatever order.

What can be taken is taken, parents first; the answer tells of each job that was refused, and why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from aiohttp import web

from .. import chronos
from ..job import Job
from ..problems import Problem
from .answers import json_answer, ours
from .chronos_paths import in_chronos
from .desk import Desk
from .jobs import parents_of
from .requests import list_of


@attrs.define
class Report:
    """What became of an export."""

    taken: list[str] = attrs.field(factory=list)
    refused: list[dict[str, Any]] = attrs.field(factory=list)
    without_effect: dict[str, list[str]] = attrs.field(factory=dict)
    ignored: dict[str, list[str]] = attrs.field(factory=dict)

    def refuse(self, name: str, problems: Sequence[Problem]) -> None:
        """One more that was not taken."""
        told = [{"path": each.path, "text": each.text} for each in in_chronos(problems)]
        self.refused.append({"name": name, "problems": told})


class ChronosImportResource:
    """The way over from a Chronos."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """Below the framework's name: Chronos knew nothing like it."""
        return [web.post("/import", ours(self.take))]

    async def take(self, request: web.Request) -> web.Response:
        """200, also where some were refused: the answer says which."""
        report = Report()
        jobs = list(_read(await list_of(request), report))
        async with self._desk.changing():
            for job in parents_first(jobs):
                found = await self._desk.service.put_job(job)
                if isinstance(found, tuple):
                    report.refuse(job.name, found)
                else:
                    report.taken.append(job.name)
        return json_answer(
            {
                "taken": report.taken,
                "refused": report.refused,
                "withoutEffect": report.without_effect,
                "ignored": report.ignored,
            }
        )


def parents_first(jobs: Sequence[Job]) -> list[Job]:
    """Each after those of the others that it runs after; what goes round in a circle comes last."""
    left, found = {job.name: job for job in jobs}, list[Job]()
    while left:
        free = [job for job in left.values() if not left.keys() & set(parents_of(job))]
        for job in free or list(left.values()):
            found.append(left.pop(job.name))
    return found


def _read(bodies: Sequence[Any], report: Report) -> Iterator[Job]:
    for index, body in enumerate(bodies):
        given = chronos.CODEC.read(body, chronos.ChronosJob)
        if not isinstance(given, chronos.ChronosJob):
            name = body.get("name") if isinstance(body, dict) else None
            report.refuse(name if isinstance(name, str) else f"[{index}]", given)
            continue
        job = chronos.to_job(given)
        if not isinstance(job, Job):
            report.refuse(given.name, job)
            continue
        for told, names in (
            (report.without_effect, chronos.without_effect(given)),
            (report.ignored, chronos.passed_over(body)),
        ):
            if names:
                told[given.name] = names
        yield chronos.with_kept(given, job)
