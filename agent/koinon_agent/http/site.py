"""What the handlers of an agent know: its parts, which come to be one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web
from attrs import define

from koinon_daemon.errors import ApiError
from koinon_daemon.metrics import Metrics

from ..agent import Agent
from ..config import AgentConfig

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@define
class Site:
    """``agent`` is None until it has read what an earlier life left."""

    config: AgentConfig
    work_dir: Path
    metrics: Metrics
    start_time: float
    agent: Agent | None = None

    def recovered(self) -> Agent:
        """The agent. Raises ApiError 503 before there is one."""
        if self.agent is None:
            raise ApiError(503, "Agent has not finished recovery")
        return self.agent


def answer(request: web.Request, value: Any) -> web.Response:
    """A value as JSON, or as JSONP where ``jsonp=`` names a function (mesos-operator-api 2)."""
    body = orjson.dumps(value)
    function = request.query.get("jsonp")
    if function is None:
        return web.Response(body=body, content_type="application/json")
    if not all(part.isidentifier() for part in function.split(".")):
        raise ApiError(400, "jsonp must name a function")
    return web.Response(body=function.encode() + b"(" + body + b");", content_type="text/javascript")
