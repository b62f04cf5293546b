"""What the agent's containers use, over HTTP: ``/containers`` and ``/monitor/statistics`` (mesos-operator-api 3.8).

And as Prometheus is told it, a few figures a container, of a bounded number of containers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from aiohttp import web

from koinon_core.ids import ExecutorId, FrameworkId
from koinon_core.permissions import Action
from koinon_core.statistics import ResourceStatistics
from koinon_daemon.prometheus import Kind, Rule

from ..standalone.book import Standalone, StandaloneContainers
from ..views.containers import find_around
from ..views.usage import (
    Listed,
    View,
    add_samples,
    filter_containers,
    list_containers,
    show_container,
    show_statistics,
    with_limits,
)
from .access import sight_of
from .site import Handler, Site, answer

_MOST_TOLD = 1000
"""Containers of which Prometheus is told: more series than that tell nobody anything."""
_SHOWN = {
    "cpus_user_time_secs": ("cpu_user_seconds", "Time of processors in user mode.", Kind.COUNTER),
    "cpus_system_time_secs": ("cpu_system_seconds", "Time of processors in the kernel.", Kind.COUNTER),
    "cpus_throttled_time_secs": ("cpu_throttled_seconds", "Time for which it was held back.", Kind.COUNTER),
    "cpus_limit": ("cpu_limit", "Processors it may use.", Kind.GAUGE),
    "mem_rss_bytes": ("memory_rss_bytes", "Memory that no file stands behind.", Kind.GAUGE),
    "mem_total_bytes": ("memory_bytes", "Memory that counts against its limit.", Kind.GAUGE),
    "mem_limit_bytes": ("memory_limit_bytes", "Memory it may use.", Kind.GAUGE),
    "disk_used_bytes": ("disk_bytes", "Size of its sandbox.", Kind.GAUGE),
    "processes": ("processes", "Its processes.", Kind.GAUGE),
    "threads": ("threads", "Their threads.", Kind.GAUGE),
    "net_rx_bytes": ("network_received_bytes", "Bytes into a network of its own.", Kind.COUNTER),
    "net_tx_bytes": ("network_sent_bytes", "Bytes out of a network of its own.", Kind.COUNTER),
}
USAGE_RULES = tuple(
    Rule(
        f"containers/{{framework_id}}/{{executor_id}}/{{container_id}}/{field}", f"koinon_container_{name}", text, kind
    )
    for field, (name, text, kind) in _SHOWN.items()
)


class UsageApi:
    """The handlers by path."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def handlers(self) -> Mapping[str, Handler]:
        """Path to handler; the ``.json`` name is for tools from before Mesos 1.8."""
        return {
            "/containers": self.containers,
            "/monitor/statistics": self.statistics,
            "/monitor/statistics.json": self.statistics,
        }

    async def containers(self, request: web.Request) -> web.Response:
        """``/containers``, all or those that the query names."""
        listed = filter_containers(self._seen(request), request.query)
        return answer(request, [show_container(one, sample) for one, sample in await self._sample(listed)])

    async def statistics(self, request: web.Request) -> web.Response:
        """``/monitor/statistics``."""
        views: list[View] = [show_statistics(one, sample) for one, sample in await self.sample_seen(request)]
        return answer(request, views)

    async def sample_seen(
        self, request: web.Request, *, with_standalone: bool = False
    ) -> Iterable[tuple[Listed, ResourceStatistics | None]]:
        """All containers that one may see, with what they use; those without a parent come last."""
        standalone = self._seen_standalone(request) if with_standalone else []
        return await self._sample([*self._seen(request), *standalone])

    def _seen_standalone(self, request: web.Request) -> list[Listed]:
        sight = sight_of(self._site.config, request)
        return [
            listed
            for listed, user in self._list_standalone()
            if sight.find_refusal(Action.VIEW_STANDALONE_CONTAINERS, user) is None
        ]

    def _list_standalone(self) -> list[tuple[Listed, str | None]]:
        """Those that run, with their users."""
        book = self._site.standalone
        return [] if book is None else [(_list_one(book, one), one.record.user) for one in book if one.runs]

    def _seen(self, request: web.Request) -> list[Listed]:
        if self._site.config.acls is None:
            return self._list()
        agent, sight = self._site.recovered(), sight_of(self._site.config, request)
        arounds = ((one, find_around(agent, one.container_id)) for one in self._list())
        return [one for one, around in arounds if around is not None and sight.shows_container(around.user or "")]

    async def read_numbers(self) -> dict[str, float]:
        """What Prometheus is told of each container, by flat name."""
        if self._site.agent is None:
            return {}
        numbers: dict[str, float] = {}
        for one, sample in await self._sample(self._list()[:_MOST_TOLD]):
            stem = "/".join(quote(part, safe="") for part in (one.framework_id, one.executor_id, one.container_id))
            for field in _SHOWN if sample is not None else ():
                if (value := getattr(sample, field)) is not None:
                    numbers[f"containers/{stem}/{field}"] = value
        return numbers

    def _list(self) -> list[Listed]:
        return list_containers(self._site.recovered())

    async def _sample(self, listed: Sequence[Listed]) -> Iterable[tuple[Listed, ResourceStatistics | None]]:
        """All at once; those that have no answer in time are without."""
        sampler = self._site.sampler
        if sampler is None:
            return [(one, None) for one in listed]
        wanted = {key: sandbox for one in listed for key, sandbox in one.sandboxes.items()}
        everybody = [*self._list(), *(one for one, _ in self._list_standalone())]
        sampler.keep({key: sandbox for one in everybody for key, sandbox in one.sandboxes.items()})
        samples = await sampler.sample(wanted)
        is_cpu_limited = self._site.config.cgroups_enable_cfs
        pairs = []
        for one in listed:
            total = add_samples(samples[key] for key in one.sandboxes if key in samples)
            pairs.append((one, None if total is None else with_limits(total, one, is_cpu_limited=is_cpu_limited)))
        return pairs


def _list_one(book: StandaloneContainers, one: Standalone) -> Listed:
    record = one.record
    return Listed(
        container_id=record.container_id,
        framework_id=FrameworkId(""),
        executor_id=ExecutorId(""),
        name="",
        source="",
        resources=record.resources,
        limits=dict(record.limits),
        sandboxes={record.container_id: str(book.sandbox(record.container_id))},
        run=one.run,
        is_standalone=True,
    )
