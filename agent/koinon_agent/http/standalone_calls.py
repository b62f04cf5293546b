"""Calls about containers without a parent: launch, wait, kill, remove (mesos-operator-api 1.4).

Owns who may ask, and the words of the answers. What such containers are is in ``standalone/``.
"""

from __future__ import annotations

import os
import pwd
from typing import Any

from aiohttp import web

from koinon_core.agent_api import KillContainer, LaunchContainer, RemoveContainer, WaitContainer
from koinon_core.permissions import Action
from koinon_core.visibility import Visibility
from koinon_daemon.errors import ApiError

from ..containerizer import EngineUnavailable, UnknownContainer
from ..nested.requests import LAST_SIGNAL
from ..standalone.book import Standalone, StandaloneContainers
from ..standalone.requests import find_resources_problem, plan_launch, show_end
from .access import refuse
from .site import Site

StandaloneCall = WaitContainer | KillContainer | RemoveContainer
_SIGKILL = 9


class StandaloneCalls:
    """The handlers by call. Those but ``launch`` return None where there is no such container."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def launch(self, sight: Visibility, body: LaunchContainer) -> int:
        """LAUNCH_CONTAINER: the status of the answer. Raises ApiError 400, 403, 500, 503; then nothing is left."""
        name = body.container_id.value
        command_user = body.command.user if body.command is not None else None
        user = command_user or pwd.getpwuid(os.getuid()).pw_name
        refuse(sight.find_refusal(Action.LAUNCH_STANDALONE_CONTAINERS, user))
        book = self._site.standalone_containers()
        if book.find(name) is not None or self._site.find_around(name) is not None:
            return 202
        if body.command is None and body.container is None:
            raise ApiError(400, "command is missing, and so is container: there is nothing to run")
        launch = plan_launch(body, book.sandbox(body.container_id.value), switches_user=self._site.config.switch_user)
        problem = find_resources_problem(body) or self._site.containers().supports(launch.workload)
        if problem is not None:
            raise ApiError(400, problem)
        await book.launch(launch, user)
        return 200

    def find(self, body: object) -> Standalone | None:
        """The one that a call is about."""
        if not isinstance(body, StandaloneCall) or body.container_id.parent is not None:
            return None
        return self._site.standalone_containers().find(body.container_id.value)

    async def wait(self, sight: Visibility, one: Standalone) -> dict[str, Any]:
        """WAIT_CONTAINER. Raises ApiError 403, and 404 for one that did not start after all."""
        refuse(sight.find_refusal(Action.WAIT_STANDALONE_CONTAINERS, one.record.user))
        try:
            return show_end(await one.wait())
        except UnknownContainer as error:
            raise ApiError(404, f"Container {one.record.container_id} cannot be found") from error

    async def kill(self, sight: Visibility, one: Standalone, number: int | None) -> web.Response:
        """KILL_CONTAINER. Raises ApiError 400, 403, 404, 503."""
        number = number or _SIGKILL
        if not 0 < number <= LAST_SIGNAL:
            raise ApiError(400, f"signal {number} is none")
        refuse(sight.find_refusal(Action.KILL_STANDALONE_CONTAINERS, one.record.user))
        if one.ended.done():
            raise ApiError(404, f"Container '{one.record.container_id}' cannot be found (or is already killed)")
        try:
            await self._book().kill(one, number)
        except EngineUnavailable as error:
            raise ApiError(503, str(error)) from error
        return web.Response(status=200)

    async def remove(self, sight: Visibility, one: Standalone) -> web.Response:
        """REMOVE_CONTAINER. Raises ApiError 403, 500 for one that has not ended, 503."""
        refuse(sight.find_refusal(Action.REMOVE_STANDALONE_CONTAINERS, one.record.user))
        container_id = one.record.container_id
        if not one.ended.done():
            raise ApiError(500, f"Container has not terminated yet: {container_id}")
        try:
            await self._book().remove(one)
        except EngineUnavailable as error:
            raise ApiError(503, str(error)) from error
        except OSError as error:
            raise ApiError(500, f"The sandbox of container {container_id} could not be removed: {error}") from error
        return web.Response(status=200)

    def _book(self) -> StandaloneContainers:
        return self._site.standalone_containers()
