"""`/metrics` in JSON and for Prometheus (marathon-v2-api 13, marathon-semantics 28), and the measuring of requests."""

import time
from collections.abc import Mapping

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from koinon_daemon.prometheus import Exposition

from ..metrics.gauges import state_gauges
from ..metrics.measures import DurationTimer, Meter
from ..plugins.interface import Action, Kind, Resource
from .answers import json_answer, not_found
from .requests import route
from .service import Service

_FORMAT_VERSION = "4.0.0"
_STREAM = "text/event-stream"


class MetricsResource:
    """Reads what others have counted."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._exposition = Exposition((), prefix="")

    def routes(self) -> list[web.RouteDef]:
        """Both formats."""
        return [
            route("GET", "/metrics/prometheus", self.prometheus),
            route("GET", "/metrics", self.show),
        ]

    @web.middleware
    async def measure(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note how many requests there are, how large, and how long they take. Streams are not timed."""
        measures = self._service.measures
        measures.active += 1
        measures.counts["http.requests.size.counter.bytes"] += request.content_length or 0
        began = time.monotonic()
        try:
            response = await handler(request)
        finally:
            measures.active -= 1
        if response.content_type != _STREAM:
            ended = time.monotonic()
            measures.note_answer(request.method, response.status, ended - began, ended)
            body = response.body if isinstance(response, web.Response) else None
            packed = ".gzipped" if response.compression else ""
            size = len(body) if isinstance(body, bytes) else 0
            measures.counts[f"http.responses.size{packed}.counter.bytes"] += size
        return response

    async def prometheus(self, request: web.Request) -> web.Response:
        """The numbers of `/metrics` under the names that Marathon's own reporter makes of them, dots as underscores."""
        if not self._service.config.metrics_prometheus:
            not_found("Prometheus reporter is disabled")
        self._service.check(request, Action.VIEW, Resource(Kind.SYSTEM_METRICS))
        gauges, counters = read_numbers(self._service)
        body, content_type = self._exposition.render({**gauges, **counters, **self._shown_rates()}, {})
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})

    async def show(self, request: web.Request) -> web.Response:
        """Gauges of the state, counters of the traffic, rates and durations of requests."""
        self._service.check(request, Action.VIEW, Resource(Kind.SYSTEM_METRICS))
        gauges, counters = read_numbers(self._service)
        prefix, measures, now = self._service.config.metrics_name_prefix, self._service.measures, time.monotonic()
        return json_answer(
            {
                "version": _FORMAT_VERSION,
                "gauges": {name: {"value": value} for name, value in gauges.items()},
                "counters": {name: {"count": count} for name, count in counters.items()},
                "histograms": {},
                "meters": {
                    f"{prefix}.{name}": {**meter.show(now), "units": "events/second"}
                    for name, meter in sorted(measures.meters.items())
                },
                "timers": {f"{prefix}.{name}": timer.show(now) for name, timer in sorted(measures.timers.items())},
            }
        )

    def _shown_rates(self) -> dict[str, float]:
        """Of rates and durations what Prometheus can't work out itself: counts and percentiles."""
        prefix, now = self._service.config.metrics_name_prefix, time.monotonic()
        measures = self._service.measures
        shown: dict[str, Meter | DurationTimer] = {**measures.meters, **measures.timers}
        return {
            f"{prefix}.{name}.{part}": float(number)
            for name, measure in sorted(shown.items())
            for part, number in measure.show(now).items()
            if isinstance(number, int | float)
        }


def read_numbers(service: Service) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Gauges and counters by their whole names."""
    now, since, prefix = service.loop.now(), service.leadership.since, service.config.metrics_name_prefix
    gauges = {
        **state_gauges(service.state, now),
        "uptime.gauge.seconds": now - service.started_at,
        "leadership.duration.gauge.seconds": 0.0 if since is None else now - since,
        "http.requests.active.gauge": service.measures.active,
        "http.event-streams.active.gauge": service.events.active,
    }
    counted = {f"{name}.counter": count for name, count in service.loop.counts.items()} | service.measures.counts
    return (
        {f"{prefix}.{name}": value for name, value in gauges.items()},
        {f"{prefix}.{name}": float(count) for name, count in sorted(counted.items())},
    )
