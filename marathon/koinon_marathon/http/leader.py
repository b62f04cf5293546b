"""`/v2/leader`: who leads, and how to have somebody else do it (marathon-v2-api 10)."""

import asyncio
from pathlib import Path

from aiohttp import web

from koinon_daemon.errors import ExitCode
from koinon_zk import QuorumError

from ..plugins.interface import Action, Kind, Resource
from ..store.backup_places import parse_backup_place
from ..store.backups import Errand
from ..store.repository import Repository
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

    async def show(self, request: web.Request) -> web.Response:
        """The leader's address."""
        self._service.check(request, Action.VIEW, Resource(Kind.LEADER))
        leader = self._service.leadership.shown_leader
        if leader is None:
            not_found("There is no leader")
        return json_answer({"leader": str(leader)})

    async def abdicate(self, request: web.Request) -> web.Response:
        """End this process, so that another Marathon is elected; it backs up and restores first, where asked to."""
        self._service.check(request, Action.UPDATE, Resource(Kind.LEADER))
        errand = Errand(backup=_place(request, "backup"), restore=_place(request, "restore"))
        if errand != Errand() and self._service.repository is not None:
            await self._leave(self._service.repository, errand)
        stop = self._service.stop
        asyncio.get_running_loop().call_later(
            ABDICATION_DELAY, stop.request, "leadership abdicated by request", ExitCode.LOST_LEADERSHIP
        )
        return json_answer({"message": "Leadership abdicated", "details": []})

    async def _leave(self, repository: Repository, errand: Errand) -> None:
        try:
            await repository.leave_errand(errand)
        except QuorumError as error:
            refuse_saying(f"the next leader can't be left word: {error}", 503)


def _place(request: web.Request, name: str) -> Path | None:
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return parse_backup_place(text)
    except ValueError as error:
        refuse_saying(f"{name}: {error}", 422)
