"""`/v2/queue`: what waits to run, and why (marathon-v2-api 9)."""

from aiohttp import web

from ..events import ResetDelay
from ..plugins.interface import Action
from ..queries import queue_object, waiting_specs
from .answers import json_answer, not_found
from .requests import path_of, route
from .service import Service

_WITH_OFFERS = "lastUnusedOffers"
_WITH_REASONS = "explanation"
"""Ours: Marathon knows no such value and ignores it."""


class QueueResource:
    """The launch queue."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        """GET all, DELETE the delay of one."""
        return [
            route("GET", "/v2/queue", self.show),
            route("DELETE", "/v2/queue/{id}/delay", self.reset_delay),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Every app that wants instances; `embed` adds the offers it refused, and the sentences that say why."""
        embeds = request.query.getall("embed", ())
        state, now = self._service.state, self._service.loop.now()
        with_offers, with_reasons = _WITH_OFFERS in embeds, _WITH_REASONS in embeds
        specs = self._service.visible(request, waiting_specs(state))
        return json_answer(queue_object(state, specs, now, with_offers=with_offers, with_reasons=with_reasons))

    async def reset_delay(self, request: web.Request) -> web.Response:
        """Let an app launch again at once."""
        path = path_of(request)
        self._service.check_spec(request, Action.UPDATE, path)
        if not any(instance.is_waiting for instance in self._service.state.instances.of_spec(path).values()):
            not_found(f"Application {path} not found in tasks queue.")
        self._service.loop.put(ResetDelay(path, self._service.origin_of(request)))
        return web.Response(status=204)
