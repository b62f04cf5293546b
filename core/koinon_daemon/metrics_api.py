"""Metrics over HTTP, in the two formats that monitoring reads: Mesos's flat JSON and Prometheus's text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiohttp import hdrs, web

from .errors import ApiError
from .flag_values import parse_duration
from .json_answer import answer_json
from .metrics import Metrics
from .prometheus import Exposition, Rule

ReadMore = Callable[[], Awaitable[Mapping[str, float]]]
"""Numbers by flat name that Prometheus alone is told: too many, or too new, for those who read Mesos's names."""


class MetricsApi:
    """The handlers of one daemon."""

    def __init__(self, metrics: Metrics, rules: Sequence[Rule], read_more: ReadMore | None = None) -> None:
        self._metrics = metrics
        self._read_more = read_more
        self._exposition = Exposition(rules)

    async def show_snapshot(self, request: web.Request) -> web.Response:
        """``/metrics/snapshot``. Every number is at hand, so that ``timeout`` is only looked at."""
        timeout = request.query.get("timeout")
        if timeout is not None:
            try:
                parse_duration(timeout)
            except ValueError as error:
                raise ApiError(400, f"Invalid timeout '{timeout}': {error}.\n") from None
        return answer_json(request, self._metrics.snapshot())

    async def show_prometheus(self, _request: web.Request) -> web.Response:
        """``/metrics``, for Prometheus and whatever reads its text."""
        more = await self._read_more() if self._read_more is not None else {}
        # Read here, where nothing changes meanwhile; written elsewhere, for there may be many thousands of lines.
        numbers, timers = {**self._metrics.numbers(), **more}, self._metrics.timers()
        body, content_type = await asyncio.to_thread(self._exposition.render, numbers, dict(timers))
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})
