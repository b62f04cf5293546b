"""`/v2/leader`: who leads, and how to have somebody else do it (marathon-v2-api 10)."""

import asyncio

from aiohttp import web

from koinon_daemon.errors import ExitCode

from .answers import json_answer, not_found, refuse_saying
from .requests import route
from .service import Service

ABDICATION_DELAY = 0.5
"""Seconds for the answer to get through before the process ends."""


class LeaderResource:
    """Asks nobody: the leadership is at hand."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        """GET and DELETE."""
        return [route("GET", "/v2/leader", self.show), route("DELETE", "/v2/leader", self.abdicate)]

    async def show(self, _request: web.Request) -> web.Response:
        """The leader's address."""
        leader = self._service.leadership.leader
        if leader is None:
            not_found("There is no leader")
        return json_answer({"leader": str(leader)})

    async def abdicate(self, request: web.Request) -> web.Response:
        """End this process, so that another Marathon is elected."""
        for unsupported in ("backup", "restore"):
            if unsupported in request.query:
                refuse_saying(f"{unsupported} is not supported: copy the store instead", 422)
        stop = self._service.stop
        asyncio.get_running_loop().call_later(
            ABDICATION_DELAY, stop.request, "leadership abdicated by request", ExitCode.LOST_LEADERSHIP
        )
        return json_answer({"message": "Leadership abdicated", "details": []})
